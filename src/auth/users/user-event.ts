import type { Act } from '../record-act.ts'

type About = { id: string; email: string }

const about = (at: Date, { id, email }: About) => ({ at, object: { id, type: 'user' as const, user: { email } } })

export const userCreated = (at: Date, user: About): Act => ({ ...about(at, user), action: 'create' })
export const userDeleted = (at: Date, user: About): Act => ({ ...about(at, user), action: 'delete' })

/** `lines` are what changed, as in a diff. The user goes by the e-mail address it had. */
export const userUpdated = (at: Date, user: About, lines: readonly string[]): Act => ({
  ...{ ...about(at, user), action: 'update' },
  change: `Updated user ${user.email}:\n${lines.join('\n')}`,
})
