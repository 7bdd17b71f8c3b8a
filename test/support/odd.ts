import { METHODS } from 'node:http'

/** JSON text that is sent unchanged, for values that JSON.stringify cannot write. */
const asWritten = (text: string) => `\u0001${text}\u0001`
export const write = (value: unknown): string =>
  (JSON.stringify(value) ?? '').replace(/"\\u0001(.*?)\\u0001"/g, (_, text) => text)

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

/** Values that no member expects, or not in this size. */
export const ODD_VALUES: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, 2 ** 31, 1e308],
  ...['9223372036854775808', '1e400', '1e-400', '-0', deep(70), '{"a":1,"a":[]}'].map(asWritten),
  ...['', ' ', '0', '%00', '$', '\\', "'; drop table devices; --", '../../etc/passwd', '__proto__'],
  ...['\u0000', 'a\u0000b', '\ud800', 'a\udfff', '💥\u202egnp.exe\ufeff', '𝔘𝔫𝔦𝔠𝔬𝔡𝔢'],
  ...['x'.repeat(257), 'x'.repeat(10_000), '((((((((((a+)+)+)+)+)+)+)+)+)+'],
  ...[[], [[]], [null], [''], [1, 'a'], Array(200).fill('x')],
  ...[{}, JSON.parse('{"__proto__":{"a":1}}'), { constructor: { prototype: {} } }, { toString: 1 }],
]

/** URL segments that no path expects. */
export const ODD_ESCAPES: readonly string[] = [
  ...[
    '%00',
    'a%00b',
    '%',
    '%zz',
    '%C0%AF',
    '%ED%A0%80',
    '%FF',
    '%2500',
    '%2e%2e%2f',
    '..',
    '.',
    '%5c',
    '%0d%0aX-A:%20b',
  ],
  ...['null', 'undefined', '__proto__', 'constructor', '-1', '0', '1e3', '9223372036854775808', '*', '%F0%9F%92%A5'],
  ...[
    '%27%20or%201=1--',
    '%22',
    '%24%7Bx%7D',
    '%3Cscript%3E',
    '00000000-0000-4000-8000-000000000000',
    'a'.repeat(10_000),
  ],
]

/**
 * Every variant of a value in which one member, at any depth, is odd or missing, or an unknown one is added. Of a
 * list each element is varied, if they are objects, and otherwise the first.
 */
export function* variants(value: unknown): Generator<unknown> {
  yield* ODD_VALUES
  if (Array.isArray(value)) {
    for (const [i, one] of value.entries())
      if (i === 0 || typeof one === 'object') for (const odd of variants(one)) yield value.with(i, odd)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      const { [name]: _, ...others } = value as Record<string, unknown>
      yield others
      for (const odd of variants(member)) yield { ...value, [name]: odd }
    }
    yield { ...value, ...JSON.parse('{"__proto__":{"admin":true}}'), constructor: 1, unknown: { of: ['any', 'kind'] } }
  }
}

/** Lines of headers that clients rarely send, or wrongly. */
export const ODD_HEADERS: readonly string[] = [
  ...['Content-Encoding: gzip', 'Content-Encoding: identity', 'Content-Encoding:', 'Content-Encoding: gzip, br'],
  ...['Expect: 100-continue', 'Expect: something', 'Transfer-Encoding: gzip', 'TE: trailers'],
  ...['Host:', 'Host: a b', 'Host: one\r\nHost: two', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP'],
  ...['Content-Type: text/plain', 'Content-Type: application/json; charset=utf-8', 'Content-Type:', 'Content-Type: x'],
  ...['Authorization: Bearer a.b.c', 'Authorization:', 'Authorization: Basic YTpi'],
  ...['Accept-Version: 2.0.0', 'Accept: text/html', 'Accept-Encoding: gzip', 'If-None-Match: *', 'Range: bytes=0-1'],
  ...['Content-Length: 0', 'Content-Length: 3', 'X-HTTP-Method-Override: DELETE', 'Cookie: JWT=x', 'Trailer: X'],
]

/** All that Node knows except CONNECT, and some that it does not. */
export const METHODS_TO_TRY = [...METHODS.filter((method) => method !== 'CONNECT'), 'BREW', 'get', 'post']
