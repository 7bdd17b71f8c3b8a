import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boundaryOf, MultipartParser, type Part } from '../src/http/bodies/multipart.ts'
import { Refusal } from '../src/refusal.ts'

type Read = Part & { body: Buffer }

/** The result of parsing a body that arrives in these chunks. */
function read(chunks: Iterable<Buffer>, boundary = 'limit'): Read[] {
  const parts: Read[] = []
  let current: { part: Part; chunks: Buffer[] } | undefined
  const parser = new MultipartParser(boundary, {
    begin: (part) => {
      current = { part, chunks: [] }
    },
    bytes: (bytes) => current?.chunks.push(bytes),
    end: () => {
      if (current) parts.push({ ...current.part, body: Buffer.concat(current.chunks) })
      current = undefined
    },
  })
  for (const chunk of chunks) parser.push(chunk)
  parser.end()
  return parts
}

function* cut(body: Buffer, sizes: readonly number[]) {
  for (let at = 0, i = 0; at < body.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield body.subarray(at, at + size)
    at += size
  }
}

const field = (name: string) => `Content-Disposition: form-data; name="${name}"`
const bodyOf = (parts: [headers: string, content: string | Buffer][], boundary = 'limit') =>
  Buffer.concat([
    ...parts.flatMap(([headers, content]) =>
      [`--${boundary}\r\n${headers}\r\n\r\n`, content, '\r\n'].map((chunk) => Buffer.from(chunk as string)),
    ),
    Buffer.from(`--${boundary}--\r\n`),
  ])
const refusal = (chunks: Iterable<Buffer>) => {
  try {
    return read(chunks)
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal)
    expect((error as Refusal).status).toBe(400)
    return (error as Refusal).message
  }
}

describe('a multipart body', () => {
  const contents = ['plain', '', '\r\n--limi\r\n--lim\r\r\n-', '\r\n\r\n', '--limit', '\r', '\r\n--', '\n--limit\n']
  const body = bodyOf(contents.map((content, i) => [field(`part-${i}`), content]))

  test('is parsed to the same result wherever it is split in two', () => {
    for (let at = 0; at <= body.length; at++)
      expect(read([body.subarray(0, at), body.subarray(at)]).map((part) => part.body.toString())).toEqual(contents)
  })

  test('is parsed to the same result byte by byte', () => {
    expect(read(cut(body, [1])).map((part) => part.body.toString())).toEqual(contents)
  })

  test('may contain any bytes except its boundary, in chunks of any size', () => {
    const bytes = fc.array(fc.constantFrom('\r', '\n', '-', '--limit', '\r\n--', 'limit', 'l', '\0', 'é'), {
      maxLength: 40,
    })
    fc.assert(
      fc.property(
        fc.array(bytes, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
        (parts, sizes) => {
          const contents = parts.map((one) => one.join('').replaceAll('\r\n--limit', ''))
          fc.pre(contents.every((one) => !`\r\n${one}\r\n--limit`.slice(2, -9).includes('\r\n--limit')))
          const whole = bodyOf(contents.map((content, i) => [field(`${i}`), content]))
          expect(read(cut(whole, sizes)).map((part) => part.body.toString())).toEqual(contents)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('may have a preamble and an epilogue', () => {
    const around = Buffer.concat([Buffer.from('before\r\nit\r\n'), body, Buffer.from('after\r\n--limit\r\nit')])
    expect(read(cut(around, [7]))).toEqual(read([body]))
  })

  test('truncated anywhere before its last boundary is rejected', () => {
    for (let at = 0; at < body.length - 2; at++)
      expect(refusal([body.subarray(0, at)])).toBe('malformed multipart body: it ends before its last boundary')
    expect(read([body.subarray(0, -2)])).toHaveLength(contents.length)
  })

  test.each<[string, string, string]>([
    ['with something else after a boundary', '--limits\r\n\r\n\r\n--limit--', 'something else follows a boundary'],
    ['with a dash after a boundary', '--limit-\r\n\r\n\r\n--limit--', 'something else follows a boundary'],
    ['with headers that never end', `--limit\r\n${'x'.repeat(9000)}`, 'longer than 8192 bytes'],
    ['with long headers that end', `--limit\r\n${'x'.repeat(9000)}\r\n\r\n`, 'longer than 8192 bytes'],
    ['with lines that end in LF', `--limit\n${field('a')}\n\nx\n--limit--\n`, 'it ends before its last boundary'],
    ['of nothing', '', 'it ends before its last boundary'],
  ])('%s is rejected', (_what, text, sentence) => {
    expect(refusal([Buffer.from(text)])).toContain(sentence)
    expect(refusal(cut(Buffer.from(text), [1]))).toContain(sentence)
  })

  test('may have no parts', () => {
    expect(read([Buffer.from('--limit--')])).toEqual([])
  })
})

describe('the headers of a part', () => {
  test.each<[string, Partial<Part>]>([
    ['Content-Disposition: form-data; name="a"', { name: 'a', file_name: '', charset: 'utf-8' }],
    ['content-disposition:form-data;name=a;filename=b.c', { name: 'a', file_name: 'b.c' }],
    ['Content-Disposition: FORM-DATA ; NAME="a" ; FileName="b; c=d"', { name: 'a', file_name: 'b; c=d' }],
    ['Content-Disposition: form-data;\r\n name="a";\r\n\tfilename="b"', { name: 'a', file_name: 'b' }],
    ['Content-Disposition: form-data; name="a\\"b\\\\c"', { name: 'a"b\\c' }],
    ['Content-Disposition: form-data; name="ü"', { name: 'ü' }],
    ['Content-Disposition: form-data; name="a"; filename="C:\\folder\\b.mender"', { file_name: 'b.mender' }],
    ['Content-Disposition: form-data; name="a"; filename="/x/y"', { file_name: 'y' }],
    ["Content-Disposition: form-data; name=a; filename=x; filename*=UTF-8''%C3%BC.bin", { file_name: 'ü.bin' }],
    ["Content-Disposition: form-data; name=a; filename=x; filename*=UTF-8''%zz", { file_name: 'x' }],
    ['Content-Disposition: form-data; name=""', { name: '' }],
    ['Content-Disposition: form-data', { name: undefined }],
    ['Content-Disposition: attachment; name="a"', { name: undefined }],
    ['Content-Type: text/plain; charset="latin1"\r\nContent-Disposition: form-data; name=a', { charset: 'latin1' }],
    ['X: y', { name: undefined }],
    ['no header at all', { name: undefined }],
  ])('%j are parsed', (headers, expected) => {
    expect(read([bodyOf([[headers, 'x']])])).toMatchObject([{ ...expected, body: Buffer.from('x') }])
  })

  test('may be missing', () => {
    expect(read([Buffer.from('--limit\r\n\r\nx\r\n--limit--')])).toMatchObject([{ name: undefined }])
  })

  test('are parsed quickly with any quoting', () => {
    const quotes = `${'\\'.repeat(4000)}${'; a="'.repeat(700)}`
    expect(read([bodyOf([[`Content-Disposition: form-data; name="${quotes}`, 'x']])])).toHaveLength(1)
  })
})

describe('a boundary', () => {
  test.each([
    ['multipart/form-data; boundary=limit', 'limit'],
    ['multipart/form-data; charset=utf-8; Boundary="li mit;"', 'li mit;'],
    ["multipart/form-data;boundary=----WebKit'()+_,-./:=?", "----WebKit'()+_,-./:=?"],
  ])('is parsed from %s', (type, boundary) => {
    expect(boundaryOf(type)).toBe(boundary)
  })

  test.each([
    'multipart/form-data; ',
    'multipart/form-data; boundary=',
    `multipart/form-data; boundary=${'x'.repeat(300)}`,
  ])('is missing or too long in %.60s', (type) => {
    expect(() => boundaryOf(type)).toThrow('malformed multipart body: its')
  })

  test('may contain any character', () => {
    const boundary = "a'()+_,-./:=?b".repeat(5)
    expect(read([bodyOf([[field('a'), 'x']], boundary)], boundary)).toMatchObject([{ name: 'a' }])
  })
})
