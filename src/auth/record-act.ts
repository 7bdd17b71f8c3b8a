import type { Db } from '../db/db.ts'
import type { Event } from '../events/event.ts'
import { recordEvent } from '../events/record-event.ts'

/** Who did something: a user, or the operator at the command line. */
export type By = { tenant_id: string; user_id: string; email: string }

/** `ids`: what was changed besides the object itself, such as the devices of a group. The log can be asked for these as well. */
export type Act = Omit<Event, 'actor'> & { at: Date; ids?: readonly string[] }

/** Puts what a user did into the audit log, in the transaction that does it. */
export const recordAct = (tx: Db, { tenant_id, user_id, email }: By, { at, ...act }: Act): Promise<void> =>
  recordEvent(tx, tenant_id, at, { actor: { id: user_id, type: 'user', email }, ...act })
