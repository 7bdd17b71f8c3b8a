import { Decompress } from 'fzstd'
import { invalidArtifact } from '../errors.ts'
import { ByteReader, type Bytes, unexpectedEnd } from './byte-reader.ts'

const MAGIC = 0xfd2fb528
const MAX_WINDOW_SIZE = 32 * 1024 * 1024
const MAX_BLOCK_SIZE = 128 * 1024
const RLE = 1
const RESERVED = 3

/**
 * Gives the decoder one block at a time, and checks the window first: the decoder allocates any window that a frame
 * declares, and decompresses all blocks of a chunk at once.
 */
export async function* unpackZstd(source: Bytes): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source)
  try {
    for (let magic = await reader.exactly(4); magic; magic = await reader.exactly(4)) {
      if (magic.readUInt32LE() !== MAGIC) throw invalid('not a frame')
      yield* unpackFrame(reader, magic)
    }
  } finally {
    await reader.close()
  }
}

async function* unpackFrame(reader: ByteReader, magic: Buffer): AsyncGenerator<Uint8Array> {
  const output: Uint8Array[] = []
  const decoder = new Decompress((data) => output.push(data))
  const { bytes, hasChecksum } = await readFrameHeader(reader)
  decoder.push(Buffer.concat([magic, bytes]))
  for (let isLast = false; !isLast; ) {
    const head = await take(reader, 3)
    const bits = head.readUIntLE(0, 3)
    const type = (bits >> 1) & 3
    const size = bits >> 3
    if (type === RESERVED || size > MAX_BLOCK_SIZE) throw invalid('a block is malformed')
    isLast = (bits & 1) === 1
    decoder.push(Buffer.concat([head, await take(reader, type === RLE ? 1 : size)]))
    if (isLast) decoder.push(hasChecksum ? await take(reader, 4) : new Uint8Array(0), true)
    yield* output.splice(0)
  }
}

async function readFrameHeader(reader: ByteReader) {
  const descriptor = await take(reader, 1)
  const flags = descriptor[0] as number
  const isSingleSegment = (flags & 0x20) !== 0
  const dictionarySize = [0, 1, 2, 4][flags & 3] as number
  const contentSizeSize = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] as number
  const rest = await take(reader, (isSingleSegment ? 0 : 1) + dictionarySize + contentSizeSize)
  const window = isSingleSegment ? contentSize(rest.subarray(dictionarySize)) : windowSize(rest[0] as number)
  if (window > MAX_WINDOW_SIZE)
    throw invalid(`its window is larger than ${MAX_WINDOW_SIZE} bytes: compress it at level 19 or less, without --long`)
  return { bytes: Buffer.concat([descriptor, rest]), hasChecksum: (flags & 4) !== 0 }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function contentSize(field: Buffer): number {
  if (field.length === 8) return Number(field.readBigUInt64LE())
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0)
}

async function take(reader: ByteReader, count: number): Promise<Buffer> {
  if (count === 0) return Buffer.alloc(0)
  const bytes = await reader.exactly(count)
  if (!bytes) throw unexpectedEnd()
  return bytes
}

const invalid = (problem: string) => invalidArtifact(`zstd: ${problem}`)
