/** The groups of a file in the format of GLib's key files, such as a manifest of RAUC, by name. */
export function parseKeyFile(text: string): Map<string, Map<string, string>> {
  const groups = new Map<string, Map<string, string>>()
  let group = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, name] = /^\s*\[([^[\]]+)\]\s*$/.exec(line) ?? []
    if (name !== undefined) {
      group = groups.get(name) ?? new Map()
      groups.set(name, group)
      continue
    }
    const at = line.indexOf('=')
    if (at > 0 && !/^\s*#/.test(line)) group.set(line.slice(0, at).trim(), withoutEscapes(line.slice(at + 1).trim()))
  }
  return groups
}

const ESCAPES: Record<string, string> = { s: ' ', n: '\n', t: '\t', r: '\r' }

const withoutEscapes = (text: string): string =>
  text.replace(/\\(.)/g, (_all, character: string) => ESCAPES[character] ?? character)
