import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecentNumbers } from '../src/db/recent-numbers.ts'

type Device = { tenant_id: string; device_id: string }

/** Ids that are told apart by any one of their digits, and some that differ in nothing else than how they are written. */
const device_id = fc.oneof(
  fc.tuple(fc.nat(31), fc.nat(15)).map(([at, digit]) => {
    const digits = [...'0123456789abcdef0123456789abcdef']
    digits[at] = digit.toString(16)
    return dashed(digits.join(''))
  }),
  fc.nat(40).map((i) => dashed(i.toString(16).padStart(32, '0'))),
)
const device: fc.Arbitrary<Device> = fc.record({ tenant_id: fc.constantFrom('a', 'b', 'c'), device_id })

const dashed = (hex: string) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
const keyOf = ({ tenant_id, device_id }: Device) => `${tenant_id} ${device_id}`

/** What was set or found latest comes last. */
function touch(model: Map<string, [number, number]>, key: string, numbers: [number, number]) {
  model.delete(key)
  model.set(key, numbers)
}

test('the numbers of each device are its own and the latest, and at least as many are remembered as were asked for', () => {
  const step = fc.record({
    device,
    numbers: fc.option(fc.tuple(fc.double({ noNaN: true }), fc.nat()), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.array(step, { maxLength: 400 }), (size, steps) => {
      const recent = new RecentNumbers(size, ['left', 'right'])
      const model = new Map<string, [number, number]>()
      for (const { device, numbers } of steps) {
        const key = keyOf(device)
        const known = model.get(key)
        if (numbers) {
          recent.set(device, { left: numbers[0], right: numbers[1] })
          touch(model, key, numbers)
          continue
        }
        const found = recent.get(device)
        if (found) expect([found.left, found.right]).toEqual(known)
        else expect([...model.keys()].slice(-size)).not.toContain(key)
        if (found && known) touch(model, key, known)
      }
    }),
    { numRuns: 500 },
  )
})

test('a large fleet is remembered whole while it grows', () => {
  const recent = new RecentNumbers(100_000, ['number'])
  const nth = (i: number) => ({ tenant_id: `tenant ${i % 3}`, device_id: dashed(i.toString(16).padStart(32, '0')) })
  const numbers = Array.from({ length: 80_000 }, (_, i) => i)
  for (const number of numbers) recent.set(nth(number), { number })
  expect(numbers.filter((i) => recent.get(nth(i))?.number !== i)).toEqual([])
})

test('an id that is written otherwise is nobody', () => {
  const recent = new RecentNumbers(10, ['number'])
  const tenant_id = 'tenant'
  const id = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'
  recent.set({ tenant_id, device_id: id }, { number: 1 })
  for (const device_id of [
    id.toUpperCase(),
    id.replaceAll('-', ''),
    id.replaceAll('-', '0'),
    `${id} `,
    id.replace('f', 'ẟ'),
    '',
  ]) {
    recent.set({ tenant_id, device_id }, { number: 2 })
    expect(recent.get({ tenant_id, device_id })).toBeUndefined()
  }
  expect(recent.get({ tenant_id, device_id: id })).toEqual({ number: 1 })
})
