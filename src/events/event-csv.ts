import type { PastEvent } from './event.ts'

export const EVENT_COLUMNS = [
  ...['time', 'actor_id', 'actor_type', 'actor_email', 'action', 'object_type', 'object_id', 'object', 'change'],
]

/** Its `object` has the details of the event's object as JSON. */
export function eventCells({ time, actor, action, object, change }: PastEvent): string[] {
  const details = object[object.type]
  return [
    ...[time, actor.id, actor.type, actor.email ?? '', action, object.type, object.id],
    ...[details === undefined ? '' : JSON.stringify(details), change ?? ''],
  ]
}
