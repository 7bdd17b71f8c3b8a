import type { PastEvent } from './event.ts'

export const CSV_HEADER = 'time,actor_id,actor_type,actor_email,action,object_type,object_id,object,change\r\n'

/** A record of RFC 4180. Its `object` has the details of the event's object as JSON. */
export function toCsv({ time, actor, action, object, change }: PastEvent): string {
  const details = object[object.type]
  return line([
    ...[time, actor.id, actor.type, actor.email ?? '', action, object.type, object.id],
    ...[details === undefined ? '' : JSON.stringify(details), change ?? ''],
  ])
}

const line = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\r\n`

/** Spreadsheets evaluate such texts as formulas, unless they begin with an apostrophe. */
const FORMULA = /^\s*[=+\-@\t\r\n]/

function cell(text: string): string {
  const escaped = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(escaped) || escaped !== escaped.trim() ? `"${escaped.replaceAll('"', '""')}"` : escaped
}
