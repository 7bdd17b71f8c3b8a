import type { SignInSettings } from '../../client/api.ts'
import { optional, UsageError, type Values } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { facts } from '../remote/print.ts'
import type { Server } from '../remote/server.ts'
import { SIGN_IN_SETTINGS } from './paths.ts'

const USERS = '/api/management/v1/useradm/users'

export const passwordsCommand = remoteCommand({
  summary: 'Show or change who may sign in with a password',
  help: `
  --only EMAIL          only this user, who manages users: all others sign in by a provider
  --everyone            every user

Access tokens stay valid.
`,
  options: { only: { type: 'string' }, everyone: { type: 'boolean' } },
  async run({ server, values }) {
    const change = await readChange(server, values)
    if (change) await server.put(SIGN_IN_SETTINGS, { body: change })
    const { body: settings } = await server.get(SIGN_IN_SETTINGS)
    console.log(values.json ? JSON.stringify(settings) : facts({ Passwords: await describe(server, settings) }))
  },
})

async function readChange(server: Server, values: Values): Promise<SignInSettings | undefined> {
  const email = optional(values, 'only')
  if (email !== undefined && values.everyone) throw new UsageError('Give --only or --everyone, not both')
  if (values.everyone) return { password_sign_in: 'everyone' }
  if (email === undefined) return undefined
  const [user] = (await server.get(USERS, { query: { email: [email] } })).body
  if (!user) throw new Error(`There is no user ${email}.`)
  return { password_sign_in: 'one_user', password_user_id: user.id }
}

async function describe(server: Server, { password_sign_in, password_user_id }: SignInSettings): Promise<string> {
  if (password_sign_in === 'everyone') return 'every user'
  const { body: user } = await server.get(`${USERS}/{id}`, { path: { id: password_user_id ?? '' } })
  return `only ${user.email}`
}
