import { create } from 'content-disposition'
import type { BlobHeaders } from '../blobs/blobs.ts'

/** The headers of a download of an artifact with this name. */
export const fileHeaders = (name: string): BlobHeaders => ({
  'content-type': 'application/vnd.mender-artifact',
  'content-disposition': attachment(`${name}.mender`),
  // Devices reject a file that a proxy has compressed.
  'cache-control': 'private, no-transform',
})

/** `filename` in plain ASCII for every client, and `filename*` (RFC 6266) if that is not the name itself. */
const attachment = (name: string): string => create(name, { fallback: name.replace(/[^\x20-\x7e]|["\\%]/g, '_') })
