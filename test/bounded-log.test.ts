import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedLog } from '../src/deployments/bounded-log.ts'

const message = (text: string) => ({ timestamp: '2026-01-01T00:00:00Z', level: 'info', message: text })

function read(bytes: Buffer, step = bytes.length || 1) {
  const log = new BoundedLog()
  for (let i = 0; i < bytes.length; i += step) log.push(bytes.subarray(i, i + step))
  return log.messages()
}

const word = fc.string({ minLength: 1, maxLength: 20 })
const anyMessage = fc.record({ timestamp: word, level: word, message: fc.string({ unit: 'binary' }) })
const members = fc.dictionary(
  fc.string().filter((name) => name !== 'messages' && name !== '__proto__'),
  fc.jsonValue({ maxDepth: 3 }),
  { maxKeys: 2 },
)

test('a log truncated at any byte has exactly the messages that are complete in it', () => {
  fc.assert(
    fc.property(
      ...[fc.array(anyMessage, { maxLength: 6 }), members, fc.nat(), fc.integer({ min: 1, max: 40 }), fc.boolean()],
      (messages, others, cut, step, is_spaced) => {
        const indent = is_spaced ? 2 : undefined
        const text = JSON.stringify({ ...others, messages }, undefined, indent)
        const bytes = Buffer.from(text)
        const length = cut % (bytes.length + 1)
        const ends = messages.map(
          // The text of a shorter log, without the end of its list and of its object.
          (_, i) => {
            const shorter = JSON.stringify({ ...others, messages: messages.slice(0, i + 1) }, undefined, indent)
            return Buffer.byteLength(shorter.replace(/\s*\]\s*\}$/, ''))
          },
        )
        const whole = messages.filter((_, i) => (ends[i] ?? 0) <= length)
        expect(read(bytes.subarray(0, length), step)).toEqual(whole.map(asStored))
      },
    ),
    { numRuns: 2000 },
  )
})

const clean = (text: string) =>
  text.replace(/\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
const asStored = (one: ReturnType<typeof message>) =>
  Object.fromEntries(Object.entries(one).map(([name, text]) => [name, clean(text)]))

test('arbitrary bytes are read without an error', () => {
  const tokens = fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'messages', '"messages":[', '{"level":"a"}')
  fc.assert(
    fc.property(fc.array(tokens), fc.uint8Array(), (texts, bytes) => {
      read(Buffer.concat([Buffer.from(texts.join('')), bytes]), 3)
    }),
  )
})

test.each([
  ['a list under another key', '{"other":[{"timestamp":"t","level":"l","message":"m"}]'],
  ['a nested list', '{"a":{"messages":[{"timestamp":"t","level":"l","message":"m"}]'],
  ['a list of lists', '{"messages":[[{"timestamp":"t","level":"l","message":"m"}]'],
  ['a list without an object around it', '["messages",[{"timestamp":"t","level":"l","message":"m"}]'],
])('%s is not the log', (_, text) => expect(read(Buffer.from(text))).toEqual([]))

test('an incomplete message is left out, and the others are stored', () => {
  const messages = [
    message('1'),
    { level: 'l', message: '2' },
    message('3'),
    4,
    null,
    { ...message('5'), level: 6 },
    message('7'),
  ]
  expect(read(Buffer.from(JSON.stringify({ messages })))).toEqual([message('1'), message('3'), message('7')])
})

test('bytes that are not UTF-8 and raw NUL bytes are replaced', () => {
  const text = Buffer.from(JSON.stringify({ messages: [message('a#b~c')] }))
  for (const [from, to] of [
    ['#', 0xff],
    ['~', 0],
  ] as const)
    text[text.indexOf(from)] = to
  expect(read(text)).toEqual([message('a\ufffdb\ufffdc')])
})

test('both ends of a log that is too long are stored, with a line that reports the gap', () => {
  const messages = Array.from({ length: 50_000 }, (_, i) => message(`line ${i} ${'x'.repeat(60)}`))
  const stored = read(Buffer.from(JSON.stringify({ messages })), 65_536)
  const at = stored.findIndex(({ level }) => level === 'warning')
  const left_out = messages.length - (stored.length - 1)
  expect(stored[at]?.message).toContain(`left out ${left_out} messages`)
  expect(stored.slice(0, at)).toEqual(messages.slice(0, at))
  expect(stored.slice(at + 1)).toEqual(messages.slice(at + left_out))
  expect(JSON.stringify(stored).length).toBeGreaterThan(1.9 * 2 ** 20)
  expect(JSON.stringify(stored).length).toBeLessThan(2.1 * 2 ** 20)
})

test('a message that is too long is left out, and the others are stored', () => {
  const messages = [message('1'), message('x'.repeat(3 * 2 ** 20)), message('3')]
  expect(read(Buffer.from(JSON.stringify({ messages })), 65_536)).toEqual([message('1'), message('3')])
})
