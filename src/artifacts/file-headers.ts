import type { BlobHeaders } from '../blobs/blobs.ts'

/** What a download of an artifact of this name says of itself. */
export const fileHeaders = (name: string): BlobHeaders => ({
  'content-type': 'application/vnd.mender-artifact',
  'content-disposition': disposition(`${name}.mender`),
  // Devices refuse what was compressed on the way.
  'cache-control': 'private, no-transform',
})

/** The name in ASCII for all, and exactly for those who read RFC 6266. */
function disposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const exact = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return plain === name
    ? `attachment; filename="${plain}"`
    : `attachment; filename="${plain}"; filename*=UTF-8''${exact}`
}
