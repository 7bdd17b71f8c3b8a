import { type Document, isMap, isScalar, type LineCounter, type Node } from 'yaml'

/** Where something is in a file, counted from 1. */
export type Place = { file: string; line: number; column: number }

const placeText = ({ file, line, column }: Place): string => `${file}:${line}:${column}`

/** A problem in a file, for people. */
export const problemAt = (place: Place, problem: string): string => `${placeText(place)}: ${problem}`

/** Members and indexes, from the root. */
export type Path = readonly (string | number)[]

export type Source = { file: string; lines: LineCounter; document: Document }

/** The place of the value at a path or, if there is none, of the nearest value that is there. */
export function placeOf({ file, lines, document }: Source, path: Path): Place {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as Node | undefined
    if (node?.range) return at(file, lines, node.range[0])
  }
  return at(file, lines, document.contents?.range?.[0] ?? 0)
}

/** The place of the name of a member. */
export function placeOfName(source: Source, path: Path, name: string): Place {
  const parent = path.length === 0 ? source.document.contents : source.document.getIn(path, true)
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === name) : undefined
  const key = pair?.key as Node | undefined
  return key?.range ? at(source.file, source.lines, key.range[0]) : placeOf(source, path)
}

export function at(file: string, lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { file, line: Math.max(1, line), column: Math.max(1, col) }
}
