import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ThreadHash } from '../src/artifacts/thread-hash.ts'
import { diskBlobs } from '../src/blobs/disk.ts'
import { ByteQueue } from '../src/http/bodies/byte-queue.ts'
import { noise, sha256 } from './support/artifact.ts'

const MIB = 1024 ** 2
const NOISE = noise(7 * MIB)

function* cut(bytes: Buffer, sizes: readonly number[]) {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

/** Around the sizes at which something is written, told or waited for. */
const length = fc.oneof(
  fc.constantFrom(0, 1, 4095, 4096, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 1, 3 * MIB, 7 * MIB),
  fc.integer({ min: 0, max: 7 * MIB }),
)
const sizes = fc.array(fc.oneof(fc.constantFrom(64 * 1024, MIB, 3 * MIB), fc.integer({ min: 5000, max: 3 * MIB })), {
  minLength: 1,
  maxLength: 5,
})

describe('a file', () => {
  let dir = ''
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'muster-test-'))
  })
  afterAll(() => rm(dir, { recursive: true }))

  test('holds what was put, of any length and in chunks of any size', async () => {
    const blobs = diskBlobs(join(dir, 'artifacts'))
    await fc.assert(
      fc.asyncProperty(length, sizes, async (length, sizes) => {
        const content = NOISE.subarray(0, length)
        await blobs.delete('a/b')
        expect(await blobs.put('a/b', Readable.from(cut(content, sizes), { objectMode: false }))).toEqual({
          size: length,
        })
        expect((await readFile(join(dir, 'artifacts', 'a', 'b'))).equals(content)).toBe(true)
      }),
      { numRuns: 25 },
    )
  })

  test('is none where its content broke off, before it was read or while it was', async () => {
    const blobs = diskBlobs(join(dir, 'broken'))
    const early = new Readable({ read() {} })
    early.destroy(new Error('early'))
    await expect(blobs.put('a/early', early)).rejects.toThrow('early')
    const late = new Readable({ read() {} })
    late.push(NOISE)
    setTimeout(() => late.destroy(new Error('late')), 50)
    await expect(blobs.put('a/late', late)).rejects.toThrow('late')
    const quiet = new Readable({ read() {} })
    setTimeout(() => quiet.destroy(), 10)
    await expect(blobs.put('a/quiet', quiet)).rejects.toThrow('broke off')
    expect(await readdir(join(dir, 'broken', 'a'))).toEqual([])
  })

  test('may be written beside many others', async () => {
    const blobs = diskBlobs(join(dir, 'many'))
    const keys = Array.from({ length: 12 }, (_, i) => `a/${i}`)
    const contentOf = (i: number) => NOISE.subarray(i * 1000, i * 1000 + 5 * MIB)
    await Promise.all(keys.map((key, i) => blobs.put(key, Readable.from(cut(contentOf(i), [65_536])))))
    for (const [i, key] of keys.entries())
      expect(sha256(await readFile(join(dir, 'many', key)))).toBe(sha256(contentOf(i)))
  })
})

describe('a checksum by another thread', () => {
  const digest = async (content: Buffer, sizes: readonly number[]) => {
    const hash = new ThreadHash()
    try {
      for (const piece of cut(content, sizes)) await hash.update(piece)
      return await hash.digest()
    } finally {
      hash.close()
    }
  }

  test('is the same, of any length and in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(length, sizes, async (length, sizes) => {
        const content = NOISE.subarray(0, length)
        expect(await digest(content, sizes)).toBe(sha256(content))
      }),
      { numRuns: 25 },
    )
  })

  test('is that of its own content, beside others', async () => {
    const contents = Array.from({ length: 10 }, (_, i) => NOISE.subarray(i * 100_000))
    expect(await Promise.all(contents.map((one) => digest(one, [50_000])))).toEqual(contents.map(sha256))
  })

  test('that nobody waits for any more harms no other', async () => {
    const given_up = new ThreadHash()
    given_up.update(NOISE.subarray(0, MIB))
    given_up.close()
    await expect(given_up.digest()).rejects.toThrow('ended')
    expect(await digest(NOISE, [MIB])).toBe(sha256(NOISE))
  })
})

describe('bytes on their way', () => {
  const open = () => {
    const said: string[] = []
    const tap = { open: () => said.push('open'), close: () => said.push('close') }
    return { said, inflow: new ByteQueue(tap as never, 10) }
  }
  const bytes = (text: string) => Buffer.from(text)

  test('come in their order, whether they are waited for or wait, and close the tap once there are enough', async () => {
    const { said, inflow } = open()
    const first = inflow.next()
    inflow.push(bytes('first'))
    expect(await first).toMatchObject({ value: bytes('first') })
    inflow.push(bytes('second'))
    expect(said).toEqual([])
    inflow.push(bytes('third'))
    expect(said).toEqual(['close'])
    inflow.end()
    expect((await Readable.from(inflow).toArray()).join()).toBe('second,third')
  })

  test('open the tap once nothing waits', async () => {
    const { said, inflow } = open()
    inflow.push(bytes('0123456789'))
    await inflow.next()
    expect(said).toEqual(['close', 'open'])
  })

  test('end with the first word on it', async () => {
    const { inflow } = open()
    const waiting = inflow.next()
    inflow.end(new Error('lost'))
    inflow.end()
    inflow.push(bytes('late'))
    await expect(waiting).rejects.toThrow('lost')
    await expect(inflow.next()).rejects.toThrow('lost')
  })

  test('are dropped once nobody wants them', async () => {
    const { inflow } = open()
    inflow.push(bytes('a'))
    await inflow.return()
    inflow.push(bytes('b'))
    expect(await inflow.next()).toMatchObject({ done: true })
  })
})
