import { rangeUnsatisfiable } from '../errors.ts'

export type Range = { start: number; end: number }

/**
 * The range that a Range header names, both ends inclusive. Undefined stands for the whole file: without a header, for
 * a malformed one, and for several ranges. Throws for a range outside of the file.
 */
export function readRange(header: string | undefined, size: number): Range | undefined {
  const [, first, last] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  if (first === '') {
    if (Number(last) === 0) throw rangeUnsatisfiable()
    return { start: Math.max(0, size - Number(last)), end: size - 1 }
  }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) throw rangeUnsatisfiable()
  return { start, end }
}
