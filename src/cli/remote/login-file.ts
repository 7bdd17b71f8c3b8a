import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { hasCode } from '../../has-code.ts'

/** A token is sent only to the server that issued it. */
export type SavedLogin = { url: string; token: string }

export const loginFile = (): string =>
  join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'muster', 'login.json')

export async function readLogin(): Promise<SavedLogin | undefined> {
  try {
    return JSON.parse(await readFile(loginFile(), 'utf8'))
  } catch (error) {
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The file is never readable by other users and never partially written. */
export async function saveLogin(login: SavedLogin): Promise<void> {
  const file = loginFile()
  const scratch = `${file}.${process.pid}`
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await rm(scratch, { force: true })
  await writeFile(scratch, `${JSON.stringify(login)}\n`, { mode: 0o600, flag: 'wx' })
  await chmod(scratch, 0o600)
  await rename(scratch, file)
}

export const forgetLogin = (): Promise<void> => rm(loginFile(), { force: true })
