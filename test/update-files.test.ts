import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseLibconfig } from '../src/artifacts/files/libconfig.ts'
import { asSwu, safeFileName } from '../src/artifacts/files/new-file.ts'
import { readRaucb } from '../src/artifacts/files/raucb.ts'
import { readSwu } from '../src/artifacts/files/swu.ts'
import { storedBytes } from '../src/artifacts/stored-bytes.ts'
import type { Blobs } from '../src/blobs/blobs.ts'
import { findUnstorable } from '../src/text.ts'
import { noise } from './support/artifact.ts'
import { CRYPT_RAUCB, ENCRYPTED_RAUCB, PLAIN_RAUCB, SIGNED_SWU, swu, VERITY_RAUCB } from './support/update-files.ts'

/** A file of a store, and how many bytes of it were read. */
function stored(bytes: Buffer) {
  let bytes_read = 0
  const read: Blobs['read'] = async (_key, { start, end }) => {
    bytes_read += end - start + 1
    return Readable.from([bytes.subarray(start, end + 1)])
  }
  return { file: storedBytes({ read } as Blobs, 'key', bytes.length), bytesRead: () => bytes_read }
}

const readBytes = async (bytes: Buffer, name = 'x.raucb') =>
  (await readSwu(stored(bytes).file)) ?? (await readRaucb(stored(bytes).file, name))
const detailsOf = async (description: string | Buffer) => (await readBytes(swu(description)))?.details

describe('a description of SWUpdate', () => {
  test('in the syntax of libconfig is read with its comments, escapes and texts in pieces', () => {
    const text = `
      # one
      // two
      a = "x\\"y" /* three ** */ "z\\x41\\n";
      b : { c = ( 1, 0x10L, -2.5, { d = [ true, FALSE ] }, ) },
      e-f = word; __proto__ = "g"
      @include "other"
      h = ()`
    expect(Object.entries(parseLibconfig(text) ?? {})).toEqual([
      ['a', 'x"yzA\n'],
      ['b', { c: [1, 16, -2.5, { d: [true, false] }] }],
      ['e-f', 'word'],
      ['__proto__', 'g'],
      ['h', []],
    ])
  })

  test.each([
    'a',
    'a = ',
    'a = {',
    'a = (1',
    'a = "b',
    'a = ]',
    '= 1',
    '}',
    'a = /* b',
    'a b',
    `a=${'['.repeat(1000)}`,
  ])('%j is not libconfig', (text) => {
    expect(parseLibconfig(text)).toBeUndefined()
  })

  test('takes time in proportion to its length, whatever it holds', () => {
    for (const piece of ['#', ' ', '"', '\\', '/*', '*', '//', '\n#', '"\\', 'a="', '{', '(', 'a:', '@']) {
      const started = performance.now()
      parseLibconfig(`${piece.repeat(250_000)}"`)
      expect(performance.now() - started).toBeLessThan(15_000)
    }
  })

  test('lists images, files and scripts at any depth, each once', async () => {
    const description = `software = { version = "2"; board-1: { stable: { main: {
      hardware-compatibility: [ "#RE:^v[0-9]+$" ];
      images: ( { filename = "a.img"; }, { filename = "b.img"; }, { device = "/dev/x"; } );
      files: ( { filename = "f.tar"; } ); }; alt: { images: ( { filename = "a.img"; } ); scripts: ( { filename = "s.lua"; } ); }; }; }; }`
    expect(await detailsOf(description)).toEqual({
      ...{ hardware_compatibility: ['#RE:^v[0-9]+$'], images: ['a.img', 'b.img'].sort() },
      ...{ files: ['f.tar'], scripts: ['s.lua'] },
    })
  })

  test('is read as JSON, too', async () => {
    const software = { version: 3, description: 'd', images: [{ filename: 'a' }, null, 'b'], files: {}, scripts: [] }
    expect(await readBytes(swu(JSON.stringify({ software })))).toEqual({
      ...{ format: 'swu', signed: false, version: '3', details: { description: 'd', images: ['a'] } },
    })
  })

  test.each([
    ['is encrypted', noise(500)],
    ['has another root', 'hardware = { version = "1"; }'],
    ['is a list', '[1]'],
    ['breaks off', '{"software": {"version": "1"'],
    ['is empty', ''],
  ])('is left alone if it %s', async (_what, description) => {
    expect(await readBytes(swu(description, [['sw-description.sig', 'x']]))).toEqual({
      ...{ format: 'swu', signed: true, version: undefined, details: {} },
    })
  })

  test('is left alone if it is very large, and its lists end somewhere', async () => {
    expect(await detailsOf(`software = { version = "${'x'.repeat(600_000)}"; }`)).toEqual({})
    const images = Array.from({ length: 3000 }, (_, i) => `{ filename = "${i}"; }`)
    const details = (await detailsOf(`software = { images: (${images.join()}); }`)) as { images: string[] }
    expect(details.images).toHaveLength(100)
  })
})

describe('the name of a file', () => {
  test.each([
    ['fw-1.0_a+b,c.swu', 'fw-1.0_a+b,c.swu'],
    ['größe 1.swu', 'gr__e_1.swu'],
    ['.swu', 'file.swu'],
    ['..', 'file'],
    ['', 'file'],
    ['-rf', 'rf'],
    ['a/b\\c', 'a_b_c'],
    [`${'x'.repeat(300)}.raucb`, `${'x'.repeat(114)}.raucb`],
    [`a.${'x'.repeat(300)}`, `a.${'x'.repeat(118)}`],
  ])('%j becomes %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe)
  })

  test('is never empty, hidden, longer than 120 characters, or with others than letters, digits and .,_+-', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (name) => {
        expect(safeFileName(name)).toMatch(/^[A-Za-z0-9,_+][A-Za-z0-9.,_+-]{0,119}$/)
        expect(asSwu(name)).toMatch(/^[A-Za-z0-9,_+][A-Za-z0-9.,_+-]{0,115}\.swu$/)
        expect(safeFileName(safeFileName(name))).toBe(safeFileName(name))
      }),
    )
  })
})

describe('files of any content', () => {
  const REAL = [SIGNED_SWU, VERITY_RAUCB, PLAIN_RAUCB, CRYPT_RAUCB, ENCRYPTED_RAUCB, swu('{"software": {"a": [1]}}')]
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  /** At the places that decide: the beginning, the last 2000 bytes, or anywhere. */
  const offset = fc.oneof(fc.nat(200), fc.integer({ min: -2000, max: -1 }), place)
  const change = fc.record({ at: offset, by: fc.uint8Array({ minLength: 1, maxLength: 8 }), cuts: fc.boolean() })

  function changed(file: Buffer, changes: readonly { at: number; by: Uint8Array; cuts: boolean }[]): Buffer {
    return changes.reduce((bytes, { at, by, cuts }) => {
      const start = Math.floor(at > 0 && at < 1 ? at * bytes.length : at < 0 ? Math.max(0, bytes.length + at) : at)
      const end = cuts ? start : start + by.length
      return Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(end)])
    }, Buffer.from(file))
  }

  test('never make the reader fail, and what is read can be stored', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          { weight: 9, arbitrary: fc.tuple(fc.constantFrom(...REAL), fc.array(change, { maxLength: 5 })) },
          fc.tuple(fc.uint8Array({ maxLength: 300 }).map(Buffer.from), fc.constant([])),
        ),
        async ([file, changes]) => {
          const facts = await readBytes(changed(file, changes))
          expect(findUnstorable(facts, 5)).toBeUndefined()
          expect(JSON.stringify(facts ?? {}).length).toBeLessThan(200_000)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('are read at most to a mebibyte, whatever sizes they claim', async () => {
    const end = (size: number) => {
      const number = Buffer.alloc(8)
      number.writeBigUInt64BE(BigInt(size))
      return number
    }
    const big = Buffer.concat([Buffer.from('hsqs'), Buffer.alloc(3 * 1024 ** 2)])
    for (const size of [0, 1, 512 * 1024, 512 * 1024 + 1, 2 * 1024 ** 2, 2 ** 53]) {
      const { file, bytesRead } = stored(Buffer.concat([big, end(size)]))
      expect(await readRaucb(file, 'x')).toBeUndefined()
      expect(bytesRead()).toBeLessThanOrEqual(1024 ** 2)
    }
    const { file, bytesRead } = stored(big)
    for (let at = 0; at < 10; at++) await file.read(at, 300_000)
    expect(bytesRead()).toBe(1024 ** 2)
    expect(await readSwu(file)).toBeUndefined()
  })
})
