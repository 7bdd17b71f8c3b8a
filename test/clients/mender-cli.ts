import { join } from 'node:path'
import { type Outcome, run } from './programs.ts'

export type MenderCli = {
  (...args: string[]): Promise<Outcome>
  token_file: string
}

/** mender-cli with a separate token file. */
export function menderCli(server: string, dir: string, env: Record<string, string> = {}): MenderCli {
  const cli = (...args: string[]) =>
    run('mender-cli', ['--server', server, ...args], { env: { XDG_CACHE_HOME: dir, HOME: dir, ...env } })
  return Object.assign(cli, { token_file: join(dir, 'mender', 'authtoken') })
}

export const logIn = (cli: MenderCli, { email, password }: { email: string; password: string }): Promise<Outcome> =>
  cli('login', '--username', email, '--password', password)

export const upload = (cli: MenderCli, file: string, description = ''): Promise<Outcome> =>
  cli('artifacts', 'upload', '--no-progress', '--description', description, file)
