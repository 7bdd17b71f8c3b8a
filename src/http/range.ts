import { rangeUnsatisfiable } from '../errors.ts'

/** Both ends inclusive. */
export type Range = { start: number; end: number }

/** More than SWUpdate asks for at once (150), and as many as Apache answers. */
const MAX_RANGES = 200

/**
 * The ranges that a Range header names, in its order, without those outside of the file. Undefined stands for the whole
 * file: without a header, for a malformed one, and for one with very many ranges. Throws if all are outside of the
 * file. Ranges that overlap become one, so that a response has no byte twice.
 */
export function readRanges(header: string | undefined, size: number): Range[] | undefined {
  const [, list] = /^bytes=(.*)$/i.exec(header ?? '') ?? []
  const specs = list?.split(',').map((spec) => spec.trim())
  const named = specs?.filter((spec) => spec !== '') ?? []
  if (named.length === 0 || named.length > MAX_RANGES) return undefined
  const ranges = named.map((spec) => readRange(spec, size))
  if (ranges.includes('malformed')) return undefined
  const inside = ranges.filter((range) => typeof range !== 'string')
  if (inside.length === 0) throw rangeUnsatisfiable()
  return withoutOverlaps(inside)
}

function readRange(spec: string, size: number): Range | 'malformed' | 'outside' {
  const [, first, last] = /^(\d*)\s*-\s*(\d*)$/.exec(spec) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'malformed'
  if (first === '') return Number(last) === 0 ? 'outside' : { start: Math.max(0, size - Number(last)), end: size - 1 }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return 'malformed'
  return start >= size ? 'outside' : { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}

/** The same ranges, or, if any two overlap, the fewest in ascending order that hold the same bytes. */
function withoutOverlaps(ranges: Range[]): Range[] {
  const united: Range[] = []
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = united.at(-1)
    if (last && range.start <= last.end) united[united.length - 1] = { ...last, end: Math.max(last.end, range.end) }
    else united.push(range)
  }
  return united.length === ranges.length ? ranges : united
}
