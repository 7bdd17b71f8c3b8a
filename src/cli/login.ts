import { logIn } from '../client/manager.ts'
import { ServerError } from '../client/server-error.ts'
import { type Command, optional, required, type Values } from './command.ts'
import { readPassword } from './password.ts'
import { isInteractive, prompt } from './prompt.ts'
import { ADDRESS_OPTIONS, urlOrDefault } from './remote/connection.ts'
import { loginFile, saveLogin } from './remote/login-file.ts'

export const loginCommand: Command = {
  summary: 'Log in to a server and save the token',
  help: `
  --url URL             server URL (MUSTER_URL, or http://127.0.0.1:8080)
  --email EMAIL         e-mail address (prompted for on a terminal)
  --password PASSWORD   password (prompted for on a terminal); - reads it from standard input
  --2fa-code CODE       code for two-factor authentication, if it is enabled
  --insecure            accept any TLS certificate; better: NODE_EXTRA_CA_CERTS=ca.pem

The token is valid for a week. It is saved in XDG_CONFIG_HOME/muster/login.json (~/.config), readable only by you, and
is sent to no other server. In a CI pipeline, and if you sign in with your company's account, set MUSTER_URL and
MUSTER_TOKEN instead: create the token in the web UI.`,
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
  optional(values, 'email') === undefined && isInteractive()
    ? (await prompt('E-mail: ')).trim()
    : required(values, 'email')

const readSecret = (values: Values): Promise<string> =>
  optional(values, 'password') === undefined && isInteractive()
    ? prompt('Password: ', { secret: true })
    : readPassword(values)

function explainRefusal(error: unknown): never {
  if (!(error instanceof ServerError)) throw error
  if (error.code === 'two_factor_code_needed' || error.code === 'wrong_two_factor_code')
    throw error.saying('Two-factor authentication is enabled: give a new code with --2fa-code.')
  if (error.code === 'password_sign_in_off')
    throw error.saying(
      "Passwords are switched off: sign in to the web UI with your company's account, create an access token there, and set MUSTER_TOKEN.",
    )
  if (error.code === 'wrong_credentials') throw error.saying('The e-mail address or password is wrong.')
  throw error
}
