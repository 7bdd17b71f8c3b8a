import { invalidArtifact } from '../errors.ts'
import { ByteReader, type Bytes, unexpectedEnd } from './byte-reader.ts'
import { type Extension, readPax } from './pax.ts'

export type TarFile = { name: string; size: number; mtime: Date; content: Bytes }

const BLOCK_SIZE = 512
const MAX_NAME_LENGTH = 255
const MAX_EXTENSION_SIZE = 64 * 1024
const MAX_EXTENSIONS = 8
const MAX_MTIME_S = 253_402_300_799

/**
 * The files of a tar archive in their order, each to be read before the next. Stricter than common readers, so that all
 * readers see the same: only regular files with relative names are allowed, and padding and the bytes after the end
 * must be zeros. The blocks that mark the end may be missing.
 */
export async function* readTar(source: Bytes): AsyncGenerator<TarFile> {
  const reader = new ByteReader(source)
  try {
    for (;;) {
      const header = await nextHeader(reader)
      if (!header) return await requireZeros(reader)
      let left = header.size
      const content = (async function* () {
        for await (const chunk of reader.chunks(header.size)) {
          left -= chunk.length
          yield chunk
        }
      })()
      yield { ...header, content }
      for await (const _ of reader.chunks(left));
      const padding = await reader.exactly(-header.size & (BLOCK_SIZE - 1))
      if (padding === undefined) throw unexpectedEnd()
      if (!isZero(padding)) throw invalid(`the padding after ${header.name} is not empty`)
    }
  } finally {
    await reader.close()
  }
}

type Header = { name: string; size: number; mtime: Date }

/** undefined at the end of the archive, marked or not. */
async function nextHeader(reader: ByteReader): Promise<Header | undefined> {
  let extension: Extension = {}
  for (let extensions = 0; ; extensions++) {
    const block = await reader.exactly(BLOCK_SIZE)
    if ((!block || isZero(block)) && extensions === 0) return undefined
    if (!block || extensions > MAX_EXTENSIONS) throw invalid('a header is cut short')
    requireChecksum(block)
    const type = String.fromCharCode(block[156] || 0x30)
    if (type === '0') return fileHeader(block, extension)
    extension = { ...extension, ...(await readExtension(reader, block, type)) }
  }
}

async function readExtension(reader: ByteReader, block: Buffer, type: string): Promise<Extension> {
  if (!'xgL'.includes(type)) throw invalid(`${textAt(block, 0, 100)} is not a regular file`)
  const size = numberAt(block, 124, 12)
  if (size > MAX_EXTENSION_SIZE)
    throw invalid(
      `an extended header is longer than ${MAX_EXTENSION_SIZE} bytes: create the tar without extended attributes`,
    )
  const bytes = await reader.exactly(size + (-size & (BLOCK_SIZE - 1)))
  if (!bytes) throw unexpectedEnd()
  const content = bytes.subarray(0, size)
  return type === 'L' ? { path: textAt(content, 0, size) } : readPax(content)
}

function fileHeader(block: Buffer, { path, size, mtime }: Extension): Header {
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? textAt(block, 345, 155) : ''
  const short = textAt(block, 0, 100)
  const name = requireRelative(path ?? (prefix ? `${prefix}/${short}` : short))
  const seconds = mtime ?? numberAt(block, 136, 12)
  if (!(seconds >= 0 && seconds <= MAX_MTIME_S)) throw invalid(`${name} has an impossible modification time`)
  return { name, size: size ?? numberAt(block, 124, 12), mtime: new Date(Math.trunc(seconds * 1000)) }
}

function requireRelative(name: string): string {
  const segments = name.split('/')
  if (name.length > MAX_NAME_LENGTH)
    throw invalid(`a file name is longer than ${MAX_NAME_LENGTH} characters: shorten it`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is searched for
  if (segments.some((segment) => ['', '.', '..'].includes(segment)) || /[\u0000-\u001f\u007f\\]/.test(name))
    throw invalid(`the file name ${JSON.stringify(name)} is not allowed`)
  return name
}

function requireChecksum(block: Buffer) {
  let sum = 8 * 0x20
  for (let i = 0; i < BLOCK_SIZE; i++) if (i < 148 || i >= 156) sum += block[i] as number
  if (numberAt(block, 148, 8) !== sum) throw invalid('a header has a wrong checksum')
}

/** A number in octal digits, or a big-endian number marked by the highest bit. */
function numberAt(block: Buffer, start: number, length: number): number {
  const field = block.subarray(start, start + length)
  if (field[0] === 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0)
    if (!Number.isSafeInteger(value)) throw invalid('a number in a header is too large')
    return value
  }
  const digits = /^ *([0-7]*)[ \0]*$/.exec(field.toString('latin1'))?.[1]
  if (digits === undefined) throw invalid('a header holds no number where one belongs')
  return Number.parseInt(digits || '0', 8)
}

function textAt(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length)
  const end = field.indexOf(0)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(end < 0 ? field : field.subarray(0, end))
  } catch {
    throw invalid('a file name is not UTF-8')
  }
}

async function requireZeros(reader: ByteReader): Promise<void> {
  let block: Buffer | undefined
  do block = await reader.exactly(BLOCK_SIZE)
  while (block && isZero(block))
  if (block) throw invalid('there are bytes after its end')
}

const ZEROS = Buffer.alloc(BLOCK_SIZE)
const isZero = (bytes: Buffer): boolean => bytes.equals(ZEROS.subarray(0, bytes.length))

const invalid = (problem: string) => invalidArtifact(`tar: ${problem}`)
