import { createHash } from 'node:crypto'
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

/** Around the sizes at which something is written, reported or waited for. */
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

  test('has the content that was written, of any length and in chunks of any size', async () => {
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

  test('is not stored if its content is cut off before or while it is read', async () => {
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

  test('can be written concurrently with many others', async () => {
    const blobs = diskBlobs(join(dir, 'many'))
    const keys = Array.from({ length: 12 }, (_, i) => `a/${i}`)
    const contentOf = (i: number) => NOISE.subarray(i * 1000, i * 1000 + 5 * MIB)
    await Promise.all(keys.map((key, i) => blobs.put(key, Readable.from(cut(contentOf(i), [65_536])))))
    for (const [i, key] of keys.entries())
      expect(sha256(await readFile(join(dir, 'many', key)))).toBe(sha256(contentOf(i)))
  })
})

describe('a checksum computed in another thread', () => {
  const digest = async (content: Buffer, sizes: readonly number[]) => {
    const hash = new ThreadHash(['sha256'])
    try {
      for (const chunk of cut(content, sizes)) await hash.write(chunk)
      const [checksum] = await hash.digest()
      return checksum
    } finally {
      hash.close()
    }
  }

  test('is correct for content of any length and in chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(length, sizes, async (length, sizes) => {
        const content = NOISE.subarray(0, length)
        expect(await digest(content, sizes)).toBe(sha256(content))
      }),
      { numRuns: 25 },
    )
  })

  test('is that of its own content if several are computed concurrently', async () => {
    const contents = Array.from({ length: 10 }, (_, i) => NOISE.subarray(i * 100_000))
    expect(await Promise.all(contents.map((one) => digest(one, [50_000])))).toEqual(contents.map(sha256))
  })

  test('comes with those of other algorithms, in the same pass', async () => {
    const algorithms = ['md5', 'sha256', 'sha1'] as const
    const hash = new ThreadHash(algorithms)
    for (const chunk of cut(NOISE, [300_000])) await hash.write(chunk)
    expect(await hash.digest()).toEqual(algorithms.map((one) => createHash(one).update(NOISE).digest('hex')))
    hash.close()
  })

  test('does not affect others if it is abandoned', async () => {
    const given_up = new ThreadHash(['sha256'])
    given_up.write(NOISE.subarray(0, MIB))
    given_up.close()
    await expect(given_up.digest()).rejects.toThrow('ended')
    expect(await digest(NOISE, [MIB])).toBe(sha256(NOISE))
  })
})

describe('a queue of bytes', () => {
  const bytes = (text: string) => Buffer.from(text)
  const isPending = (promise: Promise<void>) =>
    Promise.race([promise.then(() => false), new Promise((resolve) => setImmediate(() => resolve(true)))])

  test('delivers them in order, and applies backpressure to the writer when it is full', async () => {
    const queue = new ByteQueue(10)
    const first = queue.next()
    expect(queue.write(bytes('first'))).toBeUndefined()
    expect(await first).toMatchObject({ value: bytes('first') })
    expect(queue.write(bytes('second'))).toBeUndefined()
    expect(queue.write(bytes('third'))).toBeInstanceOf(Promise)
    queue.end()
    expect((await Readable.from(queue).toArray()).join()).toBe('second,third')
  })

  test('lets the writer continue once it is empty', async () => {
    const queue = new ByteQueue(10)
    queue.write(bytes('01234'))
    const drained = queue.write(bytes('56789'))!
    await queue.next()
    expect(await isPending(drained)).toBe(true)
    await queue.next()
    expect(await isPending(drained)).toBe(false)
    expect(queue.write(bytes('0'))).toBeUndefined()
  })

  test('ends as the first call of end or fail determines', async () => {
    const queue = new ByteQueue(10)
    const waiting = queue.next()
    queue.end(new Error('lost'))
    queue.end()
    queue.write(bytes('late'))
    await expect(waiting).rejects.toThrow('lost')
    await expect(queue.next()).rejects.toThrow('lost')
  })

  test('discards bytes once the reader has stopped', async () => {
    const queue = new ByteQueue(10)
    const drained = queue.write(bytes('0123456789'))!
    await queue.return()
    expect(queue.write(bytes('b'))).toBeUndefined()
    expect(await queue.next()).toMatchObject({ done: true })
    expect(await isPending(drained)).toBe(true)
  })
})
