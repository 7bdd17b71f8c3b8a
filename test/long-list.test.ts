import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { takeLongList } from '../src/http/bodies/long-list.ts'

const options = { member: 'devices', most: 256, toStored: (text: string) => text }
const take = (json: string | Buffer, slice?: number) =>
  takeLongList(Buffer.from(json), slice ? { ...options, slice } : options)

/** The list, and the body with `marker` in its place. */
async function taken(json: string, slice?: number): Promise<{ list: string[]; rest: string } | undefined> {
  const found = await take(json, slice)
  if (!found) return undefined
  const bytes = found.list.bytes(0, found.list.size)
  const list: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at)
    list.push(bytes.toString('utf8', at + 4, end))
    at = end
  }
  return { list, rest: found.rest.toString().replace(found.marker, 'marker') }
}

describe('a long list is taken out of a body', () => {
  test('wherever it is among the members, with any white space', async () => {
    expect(await taken('{"name":"devices","devices":["a","b"],"retries":1}')).toEqual({
      list: ['a', 'b'],
      rest: '{"name":"devices","devices":["marker"],"retries":1}',
    })
    expect(await taken('{ "devices" :\n [ "a" ,\n "b" ] }', 9)).toEqual({
      list: ['a', 'b'],
      rest: '{ "devices" :\n ["marker"] }',
    })
  })

  test('with escapes and letters of any script', async () => {
    const list = ['\u{1f600}', 'ä\n"', '\\', '日本']
    const json = JSON.stringify({ devices: list })
    expect((await taken(json, 20))?.list).toEqual(list)
    expect((await taken('{"devices":["\\u0041"]}'))?.list).toEqual(['A'])
  })

  test.each([
    ['no list', '{"devices":null}'],
    ['an empty list', '{"devices":[]}'],
    ['a number among the texts', '{"devices":["a",1]}'],
    ['an empty text', '{"devices":["a",""]}'],
    ['a text of 257 characters', JSON.stringify({ devices: ['a', 'b'.repeat(257)] })],
    ['a NUL character', '{"devices":["a\\u0000"]}'],
    ['half a surrogate pair', '{"devices":["\\ud800"]}'],
    ['bytes that are not UTF-8', Buffer.from([...Buffer.from('{"devices":["'), 0xff, ...Buffer.from('"]}')])],
    ['a comma too many', '{"devices":["a",]}'],
    ['a missing comma', '{"devices":["a" "b"]}'],
    ['a list that does not end', '{"devices":["a","b"'],
    ['a list within the list', '{"devices":["a",["b"]]}'],
  ])('but not with %s', async (_what, json) => {
    for (const slice of [8, 64 * 1024]) expect(await take(json, slice)).toBeUndefined()
  })

  test('and is then what parsing the whole body gives, or the body is not valid', async () => {
    const text = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('a', 'b', ',', ']', '["', '","', '\\', '\u0000'))
    const body = fc.record(
      { name: fc.string(), devices: fc.array(text), more: fc.object({ key: fc.constantFrom('devices', 'x') }) },
      { requiredKeys: ['devices'] },
    )
    const change = fc.option(fc.tuple(fc.nat(), fc.constantFrom(',', '"', ']', '[', '\\', '', ' ', '{', '}')))
    await fc.assert(
      fc.asyncProperty(body, fc.integer({ min: 1, max: 60 }), fc.nat(3), change, async (value, slice, space, edit) => {
        const json = JSON.stringify(value, null, space)
        const at = edit ? edit[0] % json.length : 0
        const edited = edit ? json.slice(0, at) + edit[1] + json.slice(at + 1) : json
        const found = await taken(edited, slice)
        const rest = found && tryParse(found.rest)
        if (!isMarked(rest)) return
        expect({ ...rest, devices: found?.list }).toEqual(withoutRepeats(JSON.parse(edited)))
      }),
      { numRuns: 2000 },
    )
  })

  test('slice by slice, and others get their turn after each', async () => {
    const json = JSON.stringify({ devices: Array.from({ length: 1000 }, (_, i) => `device ${i}`) })
    let [turns, isDone] = [0, false]
    const count = () => {
      turns++
      if (!isDone) setImmediate(count)
    }
    setImmediate(count)
    const found = await take(json, 100)
    isDone = true
    expect(found?.list.size).toBe(1000)
    expect(turns).toBeGreaterThan(json.length / 100 - 2)
  })
})

function tryParse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

type Marked = { devices: [string] }
const isMarked = (value: unknown): value is Marked => (value as Partial<Marked> | undefined)?.devices?.[0] === 'marker'

const withoutRepeats = (value: { devices: string[] }) => ({ ...value, devices: [...new Set(value.devices)] })
