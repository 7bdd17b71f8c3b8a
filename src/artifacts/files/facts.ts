import { toStorable } from '../../text.ts'

/** What an update image says about itself. */
export type Facts = {
  format: 'swu' | 'raucb'
  signed: boolean
  version?: string | undefined
  /** For people: members of `metadata` of the artifact. */
  details: Record<string, unknown>
}

export const MAX_LINE_LENGTH = 256
const MAX_ITEMS = 100
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const CONTROLS = /[\u0000-\u001f\u007f]+/g

/** A text of a file as one line that can be stored; undefined if there is nothing in it. */
export function lineOf(value: unknown, max = MAX_LINE_LENGTH): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const line = String(value).slice(0, max).replace(CONTROLS, ' ')
  return toStorable(line).trim() || undefined
}

/** Several texts, each once; undefined if there are none. */
export function linesOf(values: readonly unknown[]): string[] | undefined {
  const lines = new Set(values.map((value) => lineOf(value)).filter((line) => line !== undefined))
  return lines.size === 0 ? undefined : [...lines].slice(0, MAX_ITEMS)
}

/** Without the members that are undefined. */
export const known = (details: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined))
