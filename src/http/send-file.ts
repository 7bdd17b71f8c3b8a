import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { fileHeaders } from '../artifacts/file-headers.ts'
import { Refusal } from '../refusal.ts'
import { byteranges, contentRange, lengthOf } from './byteranges.ts'
import { type Range, readRanges } from './range.ts'

type SentFile = {
  /** The name that the client saves it by. */
  name: string
  content_type: string
  size: number
  /** Identifies the bytes. */
  version: string
  read(range: Range): Promise<Readable>
}

export type Sending = {
  request: { method: string | undefined; headers: IncomingHttpHeaders }
  reply: FastifyReply
  file: SentFile
  /** Called for each range of a response whose last byte has been handed over to the system, and never for HEAD. */
  onSent?: (range: Range) => void
}

/** Responds with a file, or with those ranges of it that the request asks for. */
export async function sendFile({ request, reply, file, onSent }: Sending) {
  const etag = `"${file.version}"`
  const ranges = isSame(request.headers['if-range'], etag)
    ? rangesOf(request.headers.range, file.size, reply)
    : undefined
  const body = bodyOf(ranges, file)
  const content = request.method === 'HEAD' ? undefined : await body.open(file.read)
  reply.code(ranges ? 206 : 200).headers({
    ...fileHeaders(file),
    ...body.headers,
    // Clients insist on the length; it also keeps the response from being chunked.
    'content-length': String(body.length),
    'accept-ranges': 'bytes',
    etag,
  })
  if (content && onSent)
    reply.raw.once('finish', () => {
      for (const range of ranges ?? [whole(file)]) onSent(range)
    })
  return reply.send(content)
}

type Body = {
  headers: Record<string, string>
  length: number
  open: (read: SentFile['read']) => Promise<Readable>
}

function bodyOf(ranges: readonly Range[] | undefined, file: SentFile): Body {
  const [range = whole(file), ...others] = ranges ?? []
  if (others.length === 0) {
    const headers = ranges ? { 'content-range': contentRange(range, file.size) } : {}
    return { headers, length: lengthOf(range), open: (read) => read(range) }
  }
  const { content_type, length, open } = byteranges([range, ...others], file)
  return { headers: { 'content-type': content_type }, length, open }
}

const whole = ({ size }: SentFile): Range => ({ start: 0, end: size - 1 })

const isSame = (ifRange: string | string[] | undefined, etag: string): boolean =>
  ifRange === undefined || ifRange === etag

function rangesOf(header: string | undefined, size: number, reply: FastifyReply): Range[] | undefined {
  try {
    return readRanges(header, size)
  } catch (error) {
    if (error instanceof Refusal) reply.header('content-range', `bytes */${size}`)
    throw error
  }
}
