import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { UploadFields } from './operation.ts'

/** A file to upload, which may be larger than the memory. */
export type Upload = {
  name: string
  /** The parts of the form before the file; those that are undefined are left out. */
  parts?: UploadFields
  /** The exact size of `content` in bytes. */
  size: number
  content: AsyncIterable<Uint8Array>
}

export const uploadOf = (bytes: Buffer): Upload => ({
  ...{ name: 'release.mender', size: bytes.length },
  content: Readable.from([bytes]),
})

/** The upload as a form with its parts in the order that servers expect. */
export function toForm({ name, parts: fields = {}, size, content }: Upload) {
  const boundary = `muster-${randomUUID()}`
  const part = (about: string) => `--${boundary}\r\ncontent-disposition: form-data; ${about}\r\n`
  const file = `name="artifact"; filename="${name.replace(/["\r\n]/g, encodeURIComponent)}"`
  const values = Object.entries({ size: String(size), ...fields }).filter(([, value]) => value !== undefined)
  const head = Buffer.from(
    [
      ...values.map(([field, value]) => `${part(`name="${field}"`)}\r\n${value}\r\n`),
      `${part(file)}content-type: application/octet-stream\r\n\r\n`,
    ].join(''),
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  async function* parts() {
    yield head
    yield* content
    yield tail
  }
  return {
    body: Readable.from(parts()),
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.length + size + tail.length),
    },
  }
}
