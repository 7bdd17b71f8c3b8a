import { create } from 'content-disposition'
import type { BlobHeaders } from '../blobs/blobs.ts'
import type { Artifact } from './artifact.ts'

/** How the file of an artifact is downloaded. */
export type FileLabel = { name: string; content_type: string }

export const MENDER_ARTIFACT = 'application/vnd.mender-artifact'
export const OCTETS = 'application/octet-stream'

/** `file_name`: that of an artifact for DDI, which is a file as it was uploaded. */
export const labelOf = (artifact_name: string, file_name: string | undefined): FileLabel =>
  file_name === undefined
    ? { name: `${artifact_name}.mender`, content_type: MENDER_ARTIFACT }
    : { name: file_name, content_type: OCTETS }

export const labelOfArtifact = ({ name, dialect, updates }: Pick<Artifact, 'name' | 'dialect' | 'updates'>) =>
  labelOf(name, dialect === 'ddi' ? updates[0]?.files[0]?.name : undefined)

export const fileHeaders = ({ name, content_type }: FileLabel): BlobHeaders => ({
  'content-type': content_type,
  'content-disposition': attachment(name),
  // Devices reject a file that a proxy has compressed.
  'cache-control': 'private, no-transform',
})

/** `filename` in plain ASCII for every client, and `filename*` (RFC 6266) if that is not the name itself. */
const attachment = (name: string): string => create(name, { fallback: name.replace(/[^\x20-\x7e]|["\\%]/g, '_') })
