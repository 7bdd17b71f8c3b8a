import { type Command, type Options, UsageError, type Values } from '../command.ts'
import { ADDRESS_OPTIONS } from './connection.ts'
import { openServer, type Server } from './server.ts'

type Asked = { server: Server; values: Values; words: string[] }

type RemoteCommand = Omit<Command, 'options' | 'run'> & {
  options?: Options
  run(asked: Asked): Promise<number> | Promise<void>
}

const HELP = `
  --json                print JSON as the API returns it
  --url URL             server URL (MUSTER_URL, or the server of the last login)
  --token TOKEN         access token (MUSTER_TOKEN, or the token of the last login)
  --insecure            accept any TLS certificate; better: NODE_EXTRA_CA_CERTS=ca.pem`

/** A command that speaks to a server, perhaps a remote one, by the public API. Answers 0 unless `run` says otherwise. */
export const remoteCommand = ({ help, options = {}, run, ...about }: RemoteCommand): Command => ({
  ...about,
  help: `${help}${HELP}`,
  options: { ...options, ...ADDRESS_OPTIONS, token: { type: 'string' }, json: { type: 'boolean' } },
  run: async (values, words) => (await run({ server: openServer(values), values, words })) ?? 0,
})

/** Tells the usage of what `read` throws as a plain error. */
export function asUsage<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    throw new UsageError((error as Error).message.replace(/\.$/, ''))
  }
}
