import { createRequire } from 'node:module'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type * as Xz from 'xz-decompress'
import { invalidArtifact } from '../errors.ts'
import { Refusal } from '../refusal.ts'
import type { Bytes } from './byte-reader.ts'
import { unpackZstd } from './zstd.ts'

export const COMPRESSIONS = ['', '.gz', '.xz', '.zst'] as const
export type Compression = (typeof COMPRESSIONS)[number]

const GUNZIP_CHUNK_SIZE = 256 * 1024

const UNPACK: Record<Compression, (source: Bytes) => Bytes> = {
  '': (source) => source,
  '.gz': unpackGzip,
  '.xz': unpackXz,
  '.zst': unpackZstd,
}

/** Decompresses a stream. Refuses it if it is damaged, or yields more than `max_size` bytes. */
export async function* decompress(
  compression: Compression,
  source: Bytes,
  max_size: number,
): AsyncGenerator<Uint8Array> {
  let size = 0
  try {
    for await (const chunk of UNPACK[compression](source)) {
      size += chunk.length
      if (size > max_size)
        throw invalidArtifact(`a member is larger than ${max_size} bytes when decompressed: split the artifact`)
      yield chunk
    }
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw invalidArtifact(`cannot decompress: ${(error as Error).message}`)
  }
}

function unpackGzip(source: Bytes): Bytes {
  // The iteration throws every error: the callback has nothing to do.
  return pipeline(
    Readable.from(source, { objectMode: false }),
    createGunzip({ chunkSize: GUNZIP_CHUNK_SIZE }),
    () => {},
  )
}

/**
 * Loads a copy of the module for each use: the streams of one copy wait for each other, and share memory that a hostile
 * file may have corrupted.
 */
function unpackXz(source: Bytes): Bytes {
  const load = createRequire(import.meta.url)
  const path = load.resolve('xz-decompress')
  delete load.cache[path]
  const { XzReadableStream } = load(path) as typeof Xz
  delete load.cache[path]
  const compressed = Readable.toWeb(Readable.from(source, { objectMode: false })) as ReadableStream<Uint8Array>
  return new XzReadableStream(compressed) as ReadableStream<Uint8Array> & Bytes
}
