import { rangeUnsatisfiable } from '../errors.ts'

export type Range = { start: number; end: number }

/**
 * What a Range header asks for, both ends inclusive; undefined for all of it: without a header, with one that is not
 * understood, and with several ranges. Refuses a range outside the file.
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
