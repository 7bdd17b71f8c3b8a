import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sql } from '../src/db/sql.ts'
import { arrayOf } from '../src/db/text-array.ts'
import { TextSet } from '../src/text-set.ts'
import { useServer } from './support/fixtures.ts'

const storable = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll('\0', ''))
/** Few different ones, so that some repeat. */
const texts = fc.array(fc.oneof(storable, fc.constantFrom('', 'a', 'b', ',', '"', '{}', 'NULL', 'ä', '\u{1f600}')), {
  maxLength: 400,
})

describe('a set of texts', () => {
  const server = useServer()
  const read = async (set: TextSet, from?: number, to?: number) =>
    (await server.env.db.query<{ id: string }>(sql`select id from unnest(${arrayOf(set, from, to)}) as id`)).map(
      ({ id }) => id,
    )

  test('has each text once, in the order in which they came, as PostgreSQL reads them', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(400), fc.nat(400), async (given, from, length) => {
        const set = TextSet.of(given)
        const different = [...new Set(given)]
        expect(set.size).toBe(different.length)
        expect(await read(set)).toEqual(different)
        const begin = Math.min(from, different.length)
        expect(await read(set, begin, begin + length)).toEqual(different.slice(begin, begin + length))
      }),
      { numRuns: 60 },
    )
  })

  test('grows to 50,000 texts that each came twice', async () => {
    const set = TextSet.of(Array.from({ length: 100_000 }, (_, i) => `device ${i % 50_000}`))
    expect(set.size).toBe(50_000)
    expect(await read(set, 49_998)).toEqual(['device 49998', 'device 49999'])
  })
})
