import { type Command, type Options, UsageError, type Values } from '../command.ts'
import { ADDRESS_OPTIONS } from './connection.ts'
import { openServer, type Server } from './server.ts'

type Asked = { server: Server; values: Values; words: string[] }

type RemoteCommand = Omit<Command, 'options' | 'run'> & {
  options?: Options
  run(asked: Asked): Promise<number> | Promise<void>
}

const HELP = `
  --json          print JSON, as the API gives it
  --url U         the server (MUSTER_URL, or else that of the last login)
  --token T       a token (MUSTER_TOKEN, or else that of the last login)
  --insecure      take any certificate; better: NODE_EXTRA_CA_CERTS=ca.pem`

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
