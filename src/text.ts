// biome-ignore lint/suspicious/noControlCharactersInRegex: the NUL character is what is searched for
const UNSTORABLE = /\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** PostgreSQL stores neither the NUL character nor half a surrogate pair. */
export const isStorable = (text: string): boolean => !UNSTORABLE.test(text)

/** The text with U+FFFD in place of what cannot be stored. */
export const toStorable = (text: string): string => text.replace(new RegExp(UNSTORABLE, 'g'), REPLACEMENT)

/** The beginning of a text; U+FFFD in place of a character that does not fit in whole. */
export const cut = (text: string, length: number): string =>
  text.length <= length ? text : toStorable(text.slice(0, length))

/**
 * What keeps PostgreSQL from storing a value of JSON: a NUL character, half a surrogate pair, an infinite number (as of
 * `1e999`), or more than `max_depth` nested levels. undefined: nothing does. `json`: what it was parsed from, if it was
 * decoded from UTF-8.
 */
export function findUnstorable(value: unknown, max_depth: number, json?: string): Unstorable | undefined {
  // In JSON itself there can be no NUL, and in UTF-8 no half of a surrogate pair: it takes an escape.
  const has_escapes = json === undefined || json.includes('\\u')
  // Without recursion: depth is one of the things that are checked.
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > max_depth) return 'depth'
    const next: unknown[] = []
    for (const item of level) {
      if (typeof item === 'string' && has_escapes && !isStorable(item)) return problemOf(item)
      if (typeof item === 'number' && !Number.isFinite(item)) return 'number'
      if (Array.isArray(item)) for (const element of item) next.push(element)
      else if (typeof item === 'object' && item !== null)
        for (const [key, member] of Object.entries(item)) {
          if (has_escapes && !isStorable(key)) return problemOf(key)
          next.push(member)
        }
    }
    level = next
  }
  return undefined
}

export type Unstorable = 'NUL' | 'surrogate' | 'number' | 'depth'

const problemOf = (text: string): Unstorable => (text.includes('\0') ? 'NUL' : 'surrogate')

/** Escapes in JSON: an escaped backslash, a surrogate pair, and what cannot be stored. */
const ESCAPES = /\\(?:\\|u[dD][89abAB]..\\u[dD][c-fC-F]..|u0000|u[dD][89a-fA-F]..)/g
const REPLACEMENT = '\ufffd'

/** Decodes JSON of a device, which nobody can correct in the field, with U+FFFD in place of what cannot be stored. */
export function decodeLeniently(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes).replaceAll('\0', REPLACEMENT)
  if (!text.includes('\\u')) return text
  return text.replace(ESCAPES, (found) => (found.length === 6 ? REPLACEMENT : found))
}
