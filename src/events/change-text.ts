/** The longest value that a line quotes: what is longer can be read where it is kept. */
const MAX_VALUE_LENGTH = 500

/** A member before and after, as lines of a diff. */
export const valueDiff = (name: string, before: unknown, after: unknown): string[] => [
  `-${name}: ${quoted(before)}`,
  `+${name}: ${quoted(after)}`,
]

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null'
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}...` : text
}

const MAX_MEMBERS = 50

/** The members in which two objects differ, as lines of a diff. */
export function objectDiff(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  const names_changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  const omitted = names_changed.length - MAX_MEMBERS
  return [
    ...names_changed.slice(0, MAX_MEMBERS).flatMap((name) => valueDiff(name, before[name], after[name])),
    ...(omitted > 0 ? [`and ${omitted} more`] : []),
  ]
}
