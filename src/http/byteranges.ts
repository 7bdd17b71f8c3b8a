import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Range } from './range.ts'

type ReadRange = (range: Range) => Promise<Readable>

/** A body of several ranges of a file, `multipart/byteranges` (RFC 9110, section 14.6). */
export type Byteranges = { content_type: string; length: number; open: (read: ReadRange) => Promise<Readable> }

export function byteranges(ranges: readonly Range[], file: { size: number; content_type: string }): Byteranges {
  const boundary = randomBytes(16).toString('hex')
  const parts = ranges.map((range, index) => {
    const lines = [
      `${index === 0 ? '' : '\r\n'}--${boundary}`,
      `Content-Type: ${file.content_type}`,
      `Content-Range: ${contentRange(range, file.size)}`,
    ]
    return { range, head: Buffer.from(`${lines.join('\r\n')}\r\n\r\n`) }
  })
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  const length = parts.reduce((sum, { range, head }) => sum + head.length + lengthOf(range), tail.length)
  return {
    content_type: `multipart/byteranges; boundary=${boundary}`,
    length,
    open: (read) => openParts(parts, tail, read),
  }
}

export const lengthOf = ({ start, end }: Range): number => end - start + 1
export const contentRange = ({ start, end }: Range, size: number): string => `bytes ${start}-${end}/${size}`

type Part = { range: Range; head: Buffer }

/** Opens the first range at once, so that a missing file is noticed before the response begins. */
async function openParts([first, ...others]: readonly Part[], tail: Buffer, read: ReadRange): Promise<Readable> {
  if (!first) throw new Error('There is no range.')
  let current = await read(first.range)
  async function* chunks() {
    yield (first as Part).head
    yield* current
    for (const { range, head } of others) {
      yield head
      current = await read(range)
      if (body.destroyed) current.destroy()
      yield* current
    }
    yield tail
  }
  const body = Readable.from(chunks(), { objectMode: false })
  // Destroyed while it waits for a chunk, the generator ends only once that has arrived.
  body.once('close', () => current.destroy())
  return body
}
