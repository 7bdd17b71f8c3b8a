/** Longer values are truncated: the object itself has the whole value. */
const MAX_VALUE_LENGTH = 500

/** The lines of a diff for one member. */
export const valueDiff = (name: string, before: unknown, after: unknown): string[] => [
  `-${name}: ${quoted(before)}`,
  `+${name}: ${quoted(after)}`,
]

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null'
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}...` : text
}

const MAX_MEMBERS = 50

/** The lines of a diff for the members in which two objects differ. */
export function objectDiff(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  const changedNames = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  const omitted = changedNames.length - MAX_MEMBERS
  return [
    ...changedNames.slice(0, MAX_MEMBERS).flatMap((name) => valueDiff(name, before[name], after[name])),
    ...(omitted > 0 ? [`and ${omitted} more`] : []),
  ]
}
