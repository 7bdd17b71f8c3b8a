import type { PastEvent } from './event.ts'

export const CSV_HEADER = 'time,actor_id,actor_type,actor_email,action,object_type,object_id,object,change\r\n'

/** A record of RFC 4180; `object` is what the event says of it, as JSON. */
export function toCsv({ time, actor, action, object, change }: PastEvent): string {
  const details = object[object.type]
  return line([
    ...[time, actor.id, actor.type, actor.email ?? '', action, object.type, object.id],
    ...[details === undefined ? '' : JSON.stringify(details), change ?? ''],
  ])
}

const line = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\r\n`

/** Spreadsheets take what begins so for a formula: an apostrophe before it says that it is text. */
const FORMULA = /^\s*[=+\-@\t\r\n]/

function cell(text: string): string {
  const inert = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(inert) || inert !== inert.trim() ? `"${inert.replaceAll('"', '""')}"` : inert
}
