/** The longest value that a line quotes: what is longer can be read where it is kept. */
const LONGEST = 500

/** A member before and after, as lines of a diff. */
export const changed = (name: string, before: unknown, after: unknown): string[] => [
  `-${name}: ${quoted(before)}`,
  `+${name}: ${quoted(after)}`,
]

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null'
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text
}

const MOST_MEMBERS = 50

/** The members in which two objects differ, as lines of a diff. */
export function differing(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  const different = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  const more = different.length - MOST_MEMBERS
  return [
    ...different.slice(0, MOST_MEMBERS).flatMap((name) => changed(name, before[name], after[name])),
    ...(more > 0 ? [`and ${more} more`] : []),
  ]
}
