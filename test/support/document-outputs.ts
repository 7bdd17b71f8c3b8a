import { expect } from 'vitest'

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const TIME = String.raw`\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d UTC|\d{4}-\d\d-\d\d(?: \d\d:\d\d UTC|T[\d:.]+Z)`
const PARTS = new RegExp(String.raw`(?<id>${UUID})|(?<time>${TIME})|(?<any>\.\.\.)|(?<space>\s+)|.`, 'g')

/**
 * Compares outputs with those of a document, which may wrap lines, and leaves out what is at `...`. Its times stand for
 * any, its IDs for those that were printed where they first occur.
 */
export function openOutputs() {
  const printed = new Map<string, string>()
  const ids = new RegExp(UUID, 'g')
  return {
    /** A text of the document with the IDs of this run. */
    withIds: (text: string) => text.replace(ids, (id) => printed.get(id) ?? id),
    expectOutput(actual: string, documented: string, where: string) {
      const learnt: string[] = []
      const pattern = [...documented.trim().matchAll(PARTS)].map(({ 0: text, groups = {} }) => {
        if (groups.any) return String.raw`[\s\S]*?`
        if (groups.space) return String.raw`\s+`
        if (groups.time) return `(?:${TIME})`
        if (!groups.id) return text.replace(/[^\w\s]/, String.raw`\$&`)
        const known = printed.get(text)
        if (known !== undefined) return known
        if (learnt.includes(text)) return `\\${learnt.indexOf(text) + 1}`
        learnt.push(text)
        return `(${UUID})`
      })
      const found = new RegExp(`^\\s*${pattern.join('')}\\s*$`).exec(actual)
      if (!found) expect(actual.trim(), where).toBe(documented.trim())
      for (const [i, id] of learnt.entries()) printed.set(id, found?.[i + 1] ?? '')
    },
  }
}
