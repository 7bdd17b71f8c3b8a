import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Range, readRanges } from '../src/http/range.ts'

const SIZE = 1000
const read = (header: string) => readRanges(header, SIZE)?.map(({ start, end }) => [start, end])

describe('a Range header', () => {
  test.each<[string, [number, number][]]>([
    ['bytes=0-0', [[0, 0]]],
    ['bytes=990-', [[990, 999]]],
    ['bytes=-2', [[998, 999]]],
    [
      'bytes=5-9,0-1',
      [
        [5, 9],
        [0, 1],
      ],
    ],
    [
      'bytes= 0-1 ,, 2-3 , ',
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      'bytes=0-1,5000-,998-',
      [
        [0, 1],
        [998, 999],
      ],
    ],
    ['bytes=5000-,-1', [[999, 999]]],
  ])('%s names these bytes, in its order', (header, expected) => {
    expect(read(header)).toEqual(expected)
  })

  test.each<[string, [number, number][]]>([
    ['bytes=0-5,5-9', [[0, 9]]],
    ['bytes=0-,0-,0-,0-', [[0, 999]]],
    [
      'bytes=500-599,10-19,0-14',
      [
        [0, 19],
        [500, 599],
      ],
    ],
    ['bytes=0-99,-1000', [[0, 999]]],
    ['bytes=0-99,20-30', [[0, 99]]],
  ])('%s names bytes twice, and each is returned once', (header, expected) => {
    expect(read(header)).toEqual(expected)
  })

  test.each([['bytes=0-1,x'], ['bytes=0-1,9-5'], ['bytes=0-1;2-3'], ['bytes=,'], ['chunks=0-1,2-3']])(
    '%s stands for the whole file',
    (header) => {
      expect(read(header)).toBeUndefined()
    },
  )

  test('with more than 200 ranges stands for the whole file', () => {
    const header = (count: number) => `bytes=${Array.from({ length: count }, (_, i) => `${2 * i}-${2 * i}`).join()}`
    expect(read(header(200))).toHaveLength(200)
    expect(read(header(201))).toBeUndefined()
  })

  test('all of whose ranges lie outside of the file cannot be satisfied', () => {
    expect(() => read('bytes=1000-,2000-3000,-0')).toThrow('The range lies outside of the file')
  })

  test('never names a byte twice, one outside of the file, or one that was not asked for', () => {
    const number = fc.integer({ min: 0, max: 40 })
    const spec = fc.oneof(
      fc
        .tuple(number, number)
        .map(([start, length]) => ({ text: `${start}-${start + length}`, start, end: start + length })),
      number.map((start) => ({ text: `${start}-`, start, end: 29 })),
      number.map((length) => ({ text: `-${length}`, start: Math.max(0, 30 - length), end: 29 })),
    )
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: 8 }), (specs) => {
        const asked = new Set(specs.flatMap(({ start, end }) => bytesOf({ start, end: Math.min(end, 29) })))
        const header = `bytes=${specs.map(({ text }) => text).join()}`
        if (asked.size === 0) {
          expect(() => readRanges(header, 30)).toThrow()
          return
        }
        const named = readRanges(header, 30)?.flatMap(bytesOf) ?? []
        expect(named.length).toBe(asked.size)
        expect(new Set(named)).toEqual(asked)
      }),
    )
  })
})

const bytesOf = ({ start, end }: Range): number[] =>
  Array.from({ length: Math.max(0, end - start + 1) }, (_, i) => start + i)
