import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../src/db/db.ts'
import { openPool } from '../src/db/pool.ts'
import { sql } from '../src/db/sql.ts'
import { compile } from '../src/inventory/filter.ts'
import { anyCasePattern } from '../src/inventory/patterns/any-case.ts'
import { variantsOf } from '../src/inventory/patterns/case-folding.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { filterable } from './support/filterable.ts'

let db: Database
let drop: () => Promise<unknown>
beforeAll(async () => {
  const database = await cloneDatabase()
  drop = database.drop
  db = openPool(database.url, 1)
})
afterAll(async () => {
  await db.close()
  await drop()
})

const isCharacter = (code: number) => code > 0 && (code < 0xd800 || code > 0xdfff)
const CODES = Array.from({ length: 0x110000 }, (_, code) => code).filter(isCharacter)
const CASED = CODES.filter((code) => variantsOf(code).length > 1)

test('of all characters, those that differ only by case are the ones that JavaScript treats as equal', () => {
  expect(CASED.length).toBeGreaterThan(2700)
  const text = String.fromCodePoint(...CASED)
  for (const code of CASED) {
    const same = text.match(new RegExp(`\\u{${code.toString(16)}}`, 'giu')) ?? []
    expect([code, same.map((one) => one.codePointAt(0))]).toEqual([code, variantsOf(code)])
  }
  const others = CODES.filter((code) => variantsOf(code).length === 1)
  // Each differs from every letter in either case, and from all others.
  const folds = others.filter((code) => {
    const character = String.fromCodePoint(code)
    const [lower, upper] = [character.toLowerCase(), character.toUpperCase()]
    const isOne = (text: string) => [...text].length === 1
    return (lower !== character && isOne(lower)) || (upper !== character && isOne(upper))
  })
  expect(folds).toEqual([0x131])
})

test('PostgreSQL matches each character in all of its cases and in no other, with any collation', async () => {
  const patterns = CASED.map((code) => anyCasePattern(String.fromCodePoint(code)))
  const rows = await db.query<{ code: number; found: string }>(sql`
    select code, (select string_agg(found[1], '')
      from regexp_matches(${String.fromCodePoint(...CASED)}, pattern, 'g') as found) as found
    from unnest(${CASED}::int[], ${patterns}::text[]) as given (code, pattern)`)
  expect(rows.map(({ code, found }) => [code, found])).toEqual(
    CASED.map((code) => [code, String.fromCodePoint(...variantsOf(code))]),
  )
})

test('a pattern that ignores case matches each character in all of its cases in memory', () => {
  const device = (a: string) => filterable({ a })
  for (const code of CASED) {
    const value = `(?i)^\\u{${code.toString(16)}}$`
    const matches = compile([{ scope: 'inventory', attribute: 'a', type: '$regex', value }])
    for (const other of variantsOf(code))
      expect([code, matches(device(String.fromCodePoint(other)))]).toEqual([code, true])
  }
})
