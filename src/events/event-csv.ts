import { csvLine } from '../csv.ts'
import type { PastEvent } from './event.ts'

export const CSV_HEADER = 'time,actor_id,actor_type,actor_email,action,object_type,object_id,object,change\r\n'

/** A record of RFC 4180. Its `object` has the details of the event's object as JSON. */
export function toCsv({ time, actor, action, object, change }: PastEvent): string {
  const details = object[object.type]
  return csvLine([
    ...[time, actor.id, actor.type, actor.email ?? '', action, object.type, object.id],
    ...[details === undefined ? '' : JSON.stringify(details), change ?? ''],
  ])
}
