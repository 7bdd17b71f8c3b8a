// biome-ignore lint/suspicious/noControlCharactersInRegex: the NUL character is what is looked for
const UNSTORABLE = /\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** PostgreSQL stores neither the NUL character nor half a surrogate pair. */
export const isStorable = (text: string): boolean => !UNSTORABLE.test(text)

/** Escapes in JSON: a backslash of its own, a pair of surrogates, and what cannot be stored. */
const ESCAPES = /\\(?:\\|u[dD][89abAB]..\\u[dD][c-fC-F]..|u0000|u[dD][89a-fA-F]..)/g
const REPLACEMENT = '\ufffd'

/** JSON as a device sent it, which nobody can correct in the field, with U+FFFD in place of what cannot be stored. */
export function decodeLeniently(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes).replaceAll('\0', REPLACEMENT)
  if (!text.includes('\\u')) return text
  return text.replace(ESCAPES, (found) => (found.length === 6 ? REPLACEMENT : found))
}
