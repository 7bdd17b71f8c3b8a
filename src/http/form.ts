import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Busboy } from '@fastify/busboy'
import { badRequest, Refusal } from '../errors.ts'

const LARGEST_FIELD = 1024 * 1024
const MOST_FIELDS = 20
// With 1 MiB buffers grow old, and the collector takes a third of the time.
const READ_AHEAD = 64 * 1024
const IDLE_MS = 120_000
const DISCARD_MS = 30_000

/** The text parts that came before the file, by lower-case name, and the file, still coming, with the name it has there. */
export type Form = { fields: Map<string, string>; file: Readable; file_name: string }

/** Reads a multipart body up to its file, the part called so. What comes after the file is ignored. */
export function readForm(request: IncomingMessage, file_part: string): Promise<Form> {
  const parser = openParser(request.headers['content-type'] ?? '', file_part)
  const fields = new Map<string, string>()
  let current: Readable | undefined
  return new Promise<Form>((resolve, reject) => {
    const fail = (error: Error) => {
      reject(error)
      current?.destroy(error)
    }
    parser.on('field', (name, value, _nameCut, isCut) => {
      if (current) return
      if (isCut) fail(badRequest(`${name}: must be at most ${LARGEST_FIELD} bytes long`))
      else fields.set(String(name).toLowerCase(), value)
    })
    parser.on('file', (_name, file, file_name = '') => {
      if (current) return file.resume()
      current = file
      // Told by whoever reads the file.
      file.on('error', () => {})
      resolve({ fields, file, file_name })
    })
    parser.on('error', (error) => fail(malformed((error as Error).message)))
    parser.on('finish', () => reject(badRequest(`request does not contain the ${file_part} file`)))
    request.on('error', () => fail(malformed('the connection was lost')))
    request.on('close', () => {
      if (!request.complete) fail(malformed('the connection was lost'))
    })
    request.setTimeout(IDLE_MS, () => request.destroy())
    request.on('end', () => request.setTimeout(0))
    request.pipe(parser)
  })
}

/** Forgets what is still to come, so that the client gets round to reading the answer. */
export function discard(request: IncomingMessage) {
  request.unpipe()
  request.resume()
  if (request.complete) return
  const timer = setTimeout(() => request.destroy(), DISCARD_MS)
  request.once('close', () => clearTimeout(timer))
}

function openParser(type: string, file_part: string) {
  if (!/^multipart\/(form-data|mixed)\s*;/i.test(type))
    throw new Refusal(415, "Bad Content-Type, expected 'multipart/form-data'")
  try {
    return new Busboy({
      headers: { 'content-type': type.replace(/^multipart\/mixed/i, 'multipart/form-data') },
      limits: { fieldSize: LARGEST_FIELD, fields: MOST_FIELDS, parts: 2 * MOST_FIELDS, headerPairs: 100 },
      isPartAFile: (name) => name?.toLowerCase() === file_part,
      highWaterMark: READ_AHEAD,
      fileHwm: READ_AHEAD,
    })
  } catch (error) {
    throw malformed((error as Error).message)
  }
}

const malformed = (problem: string) => badRequest(`malformed multipart body: ${problem}`)
