import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NumericCache } from '../src/db/memory/numeric-cache.ts'
import { numbersToUuid, uuidToNumbers } from '../src/db/memory/uuid-numbers.ts'

type Key = { tenant_id: string; id: string }

/** IDs that differ in any one of their digits, and some that differ only in notation. */
const id = fc.oneof(
  fc.tuple(fc.nat(31), fc.nat(15)).map(([at, digit]) => {
    const digits = [...'0123456789abcdef0123456789abcdef']
    digits[at] = digit.toString(16)
    return dashed(digits.join(''))
  }),
  fc.nat(40).map((i) => dashed(i.toString(16).padStart(32, '0'))),
)
const key: fc.Arbitrary<Key> = fc.record({ tenant_id: fc.constantFrom('a', 'b', 'c'), id })

const dashed = (hex: string) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
const nameOf = ({ tenant_id, id }: Key) => `${tenant_id} ${id}`

/** The most recently set or found entry is last. */
function touch(model: Map<string, [number, number]>, key: string, numbers: [number, number]) {
  model.delete(key)
  model.set(key, numbers)
}

test('each entry has its own latest numbers, and at least as many entries are cached as configured', () => {
  const step = fc.record({
    key,
    numbers: fc.option(fc.tuple(fc.double({ noNaN: true }), fc.nat()), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.array(step, { maxLength: 400 }), (size, steps) => {
      const recent = new NumericCache<[number, number]>(size, 2)
      const model = new Map<string, [number, number]>()
      for (const { key, numbers } of steps) {
        const name = nameOf(key)
        const known = model.get(name)
        if (numbers) {
          recent.set(key, numbers)
          touch(model, name, numbers)
          continue
        }
        const found = recent.get(key)
        if (found) expect(found).toEqual(known)
        else expect([...model.keys()].slice(-size)).not.toContain(name)
        if (found && known) touch(model, name, known)
      }
    }),
    { numRuns: 500 },
  )
})

test('a large growing fleet is cached completely', () => {
  const recent = new NumericCache<[number]>(100_000, 1)
  const nth = (i: number) => ({ tenant_id: `tenant ${i % 3}`, id: dashed(i.toString(16).padStart(32, '0')) })
  const numbers = Array.from({ length: 80_000 }, (_, i) => i)
  for (const number of numbers) recent.set(nth(number), [number])
  expect(numbers.filter((i) => recent.get(nth(i))?.[0] !== i)).toEqual([])
})

test('an entry is found by its id alone, with its tenant, and changed where it is', () => {
  const step = fc.record({ key, numbers: fc.option(fc.tuple(fc.nat(), fc.nat()), { nil: undefined }) })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.array(step, { maxLength: 400 }), (size, steps) => {
      const recent = new NumericCache<[number, number]>(size, 2)
      for (const { key, numbers } of steps) {
        if (numbers) recent.set(key, numbers)
        const entry = recent.find(uuidToNumbers(key.id))
        if (numbers) expect(entry).toBeDefined()
        if (!entry) continue
        const found = { ...key, tenant_id: recent.tenantOf(entry) }
        const [first, second] = [entry.get(0), entry.get(1)]
        entry.set(1, second + 1)
        expect(recent.get(found)).toEqual([first, second + 1])
      }
    }),
    { numRuns: 500 },
  )
})

test('a row that was read is not changed by later writes', () => {
  const recent = new NumericCache<[number, number]>(10, 2)
  const nth = (i: number) => ({ tenant_id: 'tenant', id: dashed(i.toString(16).padStart(32, '0')) })
  for (let i = 0; i < 8; i++) recent.set(nth(i), [i, -i])
  const rows = Array.from({ length: 8 }, (_, i) => recent.get(nth(i)))
  for (let i = 0; i < 100; i++) recent.set(nth(i), [7, 7])
  expect(rows).toEqual(Array.from({ length: 8 }, (_, i) => [i, -i]))
})

test('an ID in another notation is not found', () => {
  const recent = new NumericCache<[number]>(10, 1)
  const known = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'
  const of = (id: string) => ({ tenant_id: 'tenant', id })
  recent.set(of(known), [1])
  const others = [
    known.toUpperCase(),
    known.replaceAll('-', ''),
    known.replaceAll('-', '0'),
    `${known} `,
    known.replace('f', 'ẟ'),
    '',
  ]
  for (const other of others) {
    recent.set(of(other), [2])
    expect(recent.get(of(other))).toBeUndefined()
  }
  expect(recent.get(of(known))).toEqual([1])
})

test('a UUID is the same after it was stored as numbers', () => {
  fc.assert(fc.property(fc.uuid(), (uuid) => numbersToUuid(uuidToNumbers(uuid)) === uuid))
})
