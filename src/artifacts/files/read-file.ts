import { nameOfMenderArtifact } from '../../ddi-errors.ts'
import { invalidArtifact } from '../../errors.ts'
import type { ArtifactContent } from '../artifact.ts'
import type { Bytes } from '../byte-reader.ts'
import type { StoredBytes } from '../stored-bytes.ts'
import { ThreadHash } from '../thread-hash.ts'
import type { ContentReader } from '../upload-artifact.ts'
import type { Facts } from './facts.ts'
import { asSwu, formatOfName, type NewFile, safeFileName } from './new-file.ts'
import { readRaucb } from './raucb.ts'
import { readSwu } from './swu.ts'

/** For `uploadArtifact`: hashes a file that stays as it is, and reads what it says about itself. */
export const fileReader =
  (plan: NewFile, now: Date): ContentReader =>
  async (file) => {
    const digests = await digestsOf(file)
    return async (stored) => {
      if (stored.size === 0) throw invalidArtifact('the file is empty')
      if (await isMenderArtifact(stored)) throw nameOfMenderArtifact()
      const facts = (await readSwu(stored)) ?? (await readRaucb(stored, plan.file_name))
      return contentOf(plan, facts, { ...digests, size: stored.size, date: now.toISOString() })
    }
  }

/** DDI clients verify one or the other of three. */
async function digestsOf(file: Bytes) {
  const hash = new ThreadHash(['sha256', 'sha1', 'md5'])
  try {
    for await (const chunk of file) {
      const drained = hash.write(chunk)
      if (drained) await drained
    }
    const [checksum, sha1, md5] = await hash.digest()
    return { checksum, sha1, md5 }
  } finally {
    hash.close()
  }
}

type FileAttributes = { checksum: string; sha1: string; md5: string; size: number; date: string }

function contentOf(plan: NewFile, facts: Facts | undefined, attributes: FileAttributes): ArtifactContent {
  const { name: artifact_name, device_types, part } = plan
  const format = facts?.format ?? formatOfName(plan.file_name)
  const name = facts?.format === 'swu' ? asSwu(plan.file_name) : safeFileName(plan.file_name)
  const metadata = { version: plan.version ?? facts?.version ?? artifact_name, part, ...facts?.details }
  const meta_data = Object.entries(metadata).map(([Key, Value]) => ({ Key, Value }))
  return {
    name: artifact_name,
    device_types_compatible: device_types,
    info: { format, version: 1 },
    signed: facts?.signed ?? false,
    updates: [{ type_info: { type: format }, files: [{ name, ...attributes }], meta_data, metadata }],
    artifact_provides: { artifact_name },
    artifact_depends: { device_type: device_types },
    clears_artifact_provides: [],
  }
}

const BLOCK = 512

/** Whether it begins as every Mender artifact does: with a tar member `version` that names the format. */
async function isMenderArtifact(file: StoredBytes): Promise<boolean> {
  const head = (await file.read(0, 2 * BLOCK)).toString('latin1')
  return head.startsWith('version\0') && /^\s*\{[^{}]*"mender"/.test(head.slice(BLOCK))
}
