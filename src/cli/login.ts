import { logIn } from '../client/manager.ts'
import { ServerError } from '../client/server-error.ts'
import { ask, canAsk } from './ask.ts'
import { type Command, optional, required, type Values } from './command.ts'
import { readPassword } from './password.ts'
import { ADDRESS_OPTIONS, urlOrDefault } from './remote/connection.ts'
import { loginFile, saveLogin } from './remote/login-file.ts'

export const loginCommand: Command = {
  summary: 'Log in to a server, for the commands that follow',
  help: `
  --url U         the server (MUSTER_URL, or http://127.0.0.1:8080)
  --email E       asked for at a terminal
  --password P    asked for at a terminal; - reads it from standard input
  --2fa-code N    of two-factor authentication, where it is enabled
  --insecure      take any certificate; better: NODE_EXTRA_CA_CERTS=ca.pem

Keeps the token, which is good for a week, in XDG_CONFIG_HOME/muster/login.json (~/.config), readable by you alone. It is
sent to no other server. A CI pipeline sets MUSTER_URL and MUSTER_TOKEN instead.`,
  options: {
    ...ADDRESS_OPTIONS,
    email: { type: 'string' },
    password: { type: 'string' },
    '2fa-code': { type: 'string' },
  },
  async run(values) {
    const url = urlOrDefault(values)
    const login = {
      email: await readEmail(values),
      password: await readSecret(values),
      token2fa: optional(values, '2fa-code'),
    }
    const token = await logIn({ url, insecure: Boolean(values.insecure) }, login).catch(explainRefusal)
    await saveLogin({ url, token })
    console.log(`Logged in to ${url} as ${login.email}. The token is in ${loginFile()}.`)
    return 0
  },
}

const readEmail = async (values: Values): Promise<string> =>
  optional(values, 'email') === undefined && canAsk() ? (await ask('E-mail: ')).trim() : required(values, 'email')

const readSecret = (values: Values): Promise<string> =>
  optional(values, 'password') === undefined && canAsk() ? ask('Password: ', { secret: true }) : readPassword(values)

function explainRefusal(error: unknown): never {
  if (!(error instanceof ServerError)) throw error
  if (error.code === 'two_factor_code_needed' || error.code === 'wrong_two_factor_code')
    throw error.saying('Two-factor authentication is enabled: give a new code with --2fa-code.')
  if (error.code === 'wrong_credentials') throw error.saying('The e-mail address or password is wrong.')
  throw error
}
