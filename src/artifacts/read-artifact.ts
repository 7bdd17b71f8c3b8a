import { createHash } from 'node:crypto'
import { unsupportedVersion } from '../errors.ts'
import { Archive } from './archive.ts'
import type { ArtifactContent, ArtifactFile, ArtifactUpdate } from './artifact.ts'
import type { Bytes } from './byte-reader.ts'
import { decompress } from './decompress.ts'
import { HashedBytes } from './hashed-bytes.ts'
import { AugmentInfo, describeContent, parseHeaderInfo, Version } from './header.ts'
import { Manifest } from './manifest.ts'
import { invalidMember, parseMember } from './member.ts'
import { type Header, type PayloadHeader, payloadIndex, readHeader } from './read-header.ts'
import { readTar } from './tar.ts'
import { ThreadHash } from './thread-hash.ts'
import type { ContentReader } from './upload-artifact.ts'

/** Of a header or a payload when decompressed. They are streamed, so this limits time, not memory. */
const MAX_DECOMPRESSED_SIZE = 64 * 1024 ** 3
const MAX_FILES = 1000
/** Smaller files are hashed faster without the thread. */
const MIN_THREAD_HASH_SIZE = 1024 * 1024

/** For `uploadArtifact`: all that describes an artifact is known once its bytes were read. */
export const menderReader: ContentReader = async (file) => {
  const content = await readArtifact(file)
  return async () => content
}

/** Reads an artifact file to its end, and returns its content once every checksum is right. */
export async function readArtifact(source: Bytes): Promise<ArtifactContent> {
  const archive = new Archive(source)
  try {
    return await readMembers(archive)
  } finally {
    await archive.close()
  }
}

async function readMembers(archive: Archive): Promise<ArtifactContent> {
  const manifest = new Manifest()
  const versionBytes = await archive.take('version')
  const info = parseMember('version', versionBytes, Version)
  if (info.version !== 2 && info.version !== 3) throw unsupportedVersion(info.version)
  manifest.add('manifest', await archive.take('manifest'))
  manifest.check('version', sha256(versionBytes))
  const signed = (await archive.takeIf('manifest.sig')) !== undefined
  const augment = await archive.takeIf('manifest-augment')
  if (augment) manifest.add('manifest-augment', augment)

  const parseInfo = (bytes: Buffer) => parseHeaderInfo(bytes, info.version)
  const header = await takeHeader(archive, manifest, { name: 'header', parseInfo })
  const augmented = augment && (await takeHeader(archive, manifest, AUGMENT))
  const updates: ArtifactUpdate[] = []
  for (const [i, type] of header.info.types.entries()) {
    const index = payloadIndex(i)
    const files = await takePayload(archive, manifest, { index, isEmpty: type === null })
    requireListed(index, files, header.payloads[i]?.files)
    updates.push({ type_info: { type }, files, ...metaDataOf(augmented?.payloads[i], header.payloads[i]) })
  }
  if (augmented && augmented.payloads.length > updates.length)
    throw invalidMember('header-augment', 'it describes more payloads than the header')
  await archive.requireEnd()
  manifest.requireAllChecked()
  const types = [...header.payloads, ...(augmented?.payloads ?? [])].map(({ type_info }) => type_info)
  return { ...describeContent(header.info, types), info, signed, updates }
}

const AUGMENT = {
  name: 'header-augment',
  parseInfo: (bytes: Buffer) => ({
    types: parseMember('header-info', bytes, AugmentInfo).payloads.map(({ type }) => type ?? null),
  }),
}

async function takeHeader<Info extends { types: (string | null)[] }>(
  archive: Archive,
  manifest: Manifest,
  { name, parseInfo }: { name: string; parseInfo: (bytes: Buffer) => Info },
): Promise<Header<Info>> {
  const { file, compression } = await archive.takePacked(name)
  const hashed = new HashedBytes(file.content)
  const unpacked = decompress(compression, hashed, MAX_DECOMPRESSED_SIZE)
  const [read] = await Promise.allSettled([readHeader(unpacked, parseInfo)])
  // First, so that a damaged header is reported as damaged, and not by what its content seems to be.
  manifest.check(file.name, await hashed.digest())
  if (read.status === 'rejected') throw read.reason
  return read.value
}

/** An empty payload, of type null, may come without its archive. */
async function takePayload(
  archive: Archive,
  manifest: Manifest,
  { index, isEmpty }: { index: string; isEmpty: boolean },
): Promise<ArtifactFile[]> {
  if (isEmpty && (await archive.isAtEnd())) return []
  const { file, compression } = await archive.takePacked(`data/${index}`)
  const files: ArtifactFile[] = []
  for await (const { name, size, mtime, content } of readTar(
    decompress(compression, file.content, MAX_DECOMPRESSED_SIZE),
  )) {
    if (files.length === MAX_FILES)
      throw invalidMember(
        file.name,
        `it has more than ${MAX_FILES} files: pack them into an archive, or several payloads`,
      )
    const checksum = await (size < MIN_THREAD_HASH_SIZE ? digest(content) : digestInThread(content))
    manifest.check(`data/${index}/${name}`, checksum)
    files.push({ name, checksum, size, date: mtime.toISOString() })
  }
  return files
}

/** Format 2 lists the files of a payload in the header, too. */
function requireListed(index: string, files: readonly ArtifactFile[], listed: readonly string[] | undefined) {
  if (!listed) return
  const names = new Set(files.map(({ name }) => name))
  const other = listed.find((name) => !names.has(name)) ?? [...names].find((name) => !listed.includes(name))
  if (other !== undefined)
    throw invalidMember(`headers/${index}/files`, `${other} is not both there and in data/${index}`)
}

async function digest(content: Bytes): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of content) hash.update(chunk)
  return hash.digest('hex')
}

async function digestInThread(content: Bytes): Promise<string> {
  const hash = new ThreadHash(['sha256'])
  try {
    for await (const chunk of content) {
      const drained = hash.write(chunk)
      if (drained) await drained
    }
    const [checksum] = await hash.digest()
    return checksum
  } finally {
    hash.close()
  }
}

function metaDataOf(...headers: (PayloadHeader | undefined)[]): Pick<ArtifactUpdate, 'meta_data' | 'metadata'> {
  const metadata = headers.find((header) => header?.metadata)?.metadata
  if (!metadata) return {}
  return { metadata, meta_data: Object.entries(metadata).map(([Key, Value]) => ({ Key, Value })) }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
