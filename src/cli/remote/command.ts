import { type Command, type Options, UsageError, type Values } from '../command.ts'
import { ADDRESS_OPTIONS } from './connection.ts'
import { openServer, type Server } from './server.ts'

type RemoteCall = { server: Server; values: Values; words: string[] }

type RemoteCommand = Omit<Command, 'options' | 'run'> & {
  options?: Options
  run(call: RemoteCall): Promise<number> | Promise<void>
}

const HELP = `
  --json                print JSON as the API returns it
  --url URL             server URL (MUSTER_URL, or the server of the last login)
  --token TOKEN         access token (MUSTER_TOKEN, or the token of the last login)
  --insecure            accept any TLS certificate; better: NODE_EXTRA_CA_CERTS=ca.pem`

/** A command that uses the public API of a server. The exit code is 0 unless `run` returns another. */
export const remoteCommand = ({ help, options = {}, run, ...command }: RemoteCommand): Command => ({
  ...command,
  help: `${help}${HELP}`,
  options: { ...options, ...ADDRESS_OPTIONS, token: { type: 'string' }, json: { type: 'boolean' } },
  run: async (values, words) => (await run({ server: openServer(values), values, words })) ?? 0,
})

/** Turns errors of `read` into usage errors. */
export function asUsage<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    throw new UsageError((error as Error).message.replace(/\.$/, ''))
  }
}
