import type { Event } from '../events/event.ts'

/** `by` is who did it: an actor, or the operator at the command line. */
type By = { user_id: string; email: string }
type About = { id: string; email: string }

const about = (by: By, { id, email }: About) => ({
  actor: { id: by.user_id, type: 'user' as const, email: by.email },
  object: { id, type: 'user' as const, user: { email } },
})

export const userCreated = (by: By, user: About): Event => ({ ...about(by, user), action: 'create' })
export const userDeleted = (by: By, user: About): Event => ({ ...about(by, user), action: 'delete' })

/** `lines` are what changed, as in a diff. The user goes by the e-mail address it had. */
export const userUpdated = (by: By, user: About, lines: readonly string[]): Event => ({
  ...{ ...about(by, user), action: 'update' },
  change: `Updated user ${user.email}:\n${lines.join('\n')}`,
})

/** A member before and after, as lines of a diff. */
export const changed = (name: string, before: unknown, after: unknown): string[] => [
  `-${name}: ${JSON.stringify(before)}`,
  `+${name}: ${JSON.stringify(after)}`,
]
