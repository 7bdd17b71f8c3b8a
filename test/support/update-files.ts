import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Api } from './api.ts'
import { ARTIFACTS, noise } from './artifact.ts'

const fixture = (name: string) => readFileSync(join(import.meta.dirname, '../fixtures/update-files', name))

/**
 * Files of real programs: bundles of `rauc bundle` in its three formats (RAUC 1.8), and of `rauc encrypt`; an archive of
 * `cpio -H crc` with a signature of `openssl cms`, as SWUpdate's documentation has them. Of the encrypted ones only the end
 * is kept, for size: the rest is noise anyhow.
 */
export const SIGNED_SWU = fixture('signed.swu')
export const VERITY_RAUCB = gunzipSync(fixture('verity.raucb.gz'))
export const PLAIN_RAUCB = gunzipSync(fixture('plain.raucb.gz'))
export const CRYPT_RAUCB = Buffer.concat([noise(8192), fixture('crypt.raucb.end')])
export const ENCRYPTED_RAUCB = Buffer.concat([noise(8192), fixture('encrypted.raucb.end')])

type Member = [name: string, content: string | Buffer]

/** An archive as cpio writes it, of the format newc. */
function cpio(members: readonly Member[]): Buffer {
  const pieces = [...members, ['TRAILER!!!', ''] as Member].map(([name, content]) => {
    const fields = [1, 0o100644, 0, 0, 1, 0, Buffer.byteLength(content), 0, 0, 0, 0, name.length + 1, 0]
    const header = `070701${fields.map((field) => field.toString(16).toUpperCase().padStart(8, '0')).join('')}`
    return Buffer.concat([padded(Buffer.from(`${header}${name}\0`)), padded(Buffer.from(content))])
  })
  return Buffer.concat(pieces)
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])

export const swu = (description: string | Buffer, members: readonly Member[] = []): Buffer =>
  cpio([['sw-description', description], ...members])

export type FileUpload = { file: Buffer; file_name?: string; parts?: Record<string, string> }

/** Uploads a file that is no Mender artifact, by default for the device type `board`. */
export function uploadAny(api: Api, { file, file_name = 'image.bin', parts = {} }: FileUpload) {
  const form = new FormData()
  const given = { name: 'release', device_types_compatible: 'board', ...parts }
  for (const [name, value] of Object.entries(given)) if (value !== '') form.append(name, value)
  form.append('artifact', new Blob([file as Uint8Array<ArrayBuffer>]), file_name)
  return api.post(ARTIFACTS, form)
}
