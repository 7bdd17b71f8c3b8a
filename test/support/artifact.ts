import { createHash, randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'
import { expect } from 'vitest'
import type { Api } from './api.ts'

export const ARTIFACTS = '/api/management/v1/deployments/artifacts'

export type TarEntry = Partial<Header> & { name: string; content?: Buffer | string }

type Payload = {
  /** null: an empty payload without files */
  type?: string | null
  files?: Record<string, Buffer | string>
  provides?: Record<string, unknown>
  depends?: Record<string, unknown>
  clears_provides?: string[]
  /** undefined: no entry; '': an empty entry */
  meta_data?: object | string
}

export type ArtifactOptions = {
  name?: string
  device_types?: string[]
  version?: 2 | 3
  compression?: 'none' | 'gz'
  /** Of the whole artifact: depends besides device_type, and provides besides artifact_name. */
  depends?: Record<string, unknown>
  provides?: Record<string, unknown>
  payloads?: Payload[]
  scripts?: Record<string, string>
  signed?: boolean
  augmented?: boolean
  manifest?: 'reversed'
  /** false: no end-of-archive blocks in any tar */
  end?: boolean
  /** Changes the entries of the outer tar, or of the header tar, after all checksums were computed. */
  alter?: (entries: TarEntry[]) => TarEntry[]
  alterHeader?: (entries: TarEntry[]) => TarEntry[]
}

/** An artifact file of at least 4096 bytes: by default format 3, gzip, one script payload for qemux86-64. */
export async function buildArtifact(options: ArtifactOptions = {}): Promise<Buffer> {
  const { compression = 'gz', end = true } = options
  const payloads = options.payloads ?? [{ files: { 'install.sh': `#!/bin/sh\necho ${options.name ?? 'release'}\n` } }]
  const suffix = compression === 'gz' ? '.tar.gz' : '.tar'
  const packed = async (entries: TarEntry[]) => {
    const bytes = await tar(entries, end)
    return compression === 'gz' ? gzipSync(bytes) : bytes
  }
  const header = headerEntries(options, payloads)
  const version = { name: 'version', content: JSON.stringify({ format: 'mender', version: options.version ?? 3 }) }
  const head = { name: `header${suffix}`, content: await packed(options.alterHeader?.(header) ?? header) }
  const files = payloads.flatMap(({ files = {} }, i) =>
    Object.entries(files).map(([name, content]) => ({ name: `data/${index(i)}/${name}`, content })),
  )
  const manifest = manifestOf([...files, head, version], options.manifest === 'reversed')
  const entries: TarEntry[] = [version, manifest]
  if (options.signed) entries.push({ name: 'manifest.sig', content: Buffer.alloc(64, 7).toString('base64') })
  const augment = {
    name: `header-augment${suffix}`,
    content: await packed(header.filter(({ name }) => /info$/.test(name))),
  }
  if (options.augmented) entries.push({ ...manifestOf([augment], false), name: 'manifest-augment' })
  entries.push(head)
  if (options.augmented) entries.push(augment)
  for (const [i, { files = {} }] of payloads.entries()) {
    const inside = Object.entries(files).map(([name, content]) => ({ name, content }))
    entries.push({ name: `data/${index(i)}${suffix}`, content: await packed(inside) })
  }
  return tar(options.alter?.(entries) ?? entries, end)
}

/** Uploads an artifact and returns its ID. */
export async function uploadTestArtifact(api: Api, options: ArtifactOptions & { description?: string } = {}) {
  const response = await uploadFile(api, await buildArtifact(options), { description: options.description ?? '' })
  expect(response).toMatchObject({ status: 201, text: '' })
  return response.headers.get('location')?.split('/').at(-1) ?? ''
}

/** Uploads bytes as real clients do: first the given parts, then the file. */
export function uploadFile(api: Api, file: Uint8Array, parts: Record<string, string> = {}) {
  const form = new FormData()
  for (const [name, value] of Object.entries({ size: String(file.length), ...parts })) form.append(name, value)
  form.append('artifact', new Blob([file as Uint8Array<ArrayBuffer>]), 'release.mender')
  return api.post(ARTIFACTS, form)
}

export async function tar(entries: readonly TarEntry[], end = true): Promise<Buffer> {
  const archive = pack()
  for (const { content, ...header } of entries) archive.entry({ mtime: new Date(1.7e12), ...header }, content ?? '')
  archive.finalize()
  const bytes = await buffer(archive)
  return end ? bytes : bytes.subarray(0, bytes.length - 1024)
}

export const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex')

const index = (i: number) => String(i).padStart(4, '0')

function manifestOf(entries: TarEntry[], reversed: boolean): TarEntry {
  const lines = entries.map(({ name, content = '' }) => `${sha256(content)}  ${name}\n`)
  return { name: 'manifest', content: (reversed ? lines.reverse() : lines).join('') }
}

function headerEntries(options: ArtifactOptions, payloads: Payload[]): TarEntry[] {
  const { name = 'release', device_types = ['qemux86-64'], provides, depends, scripts = {} } = options
  const types = payloads.map(({ type = 'script' }) => ({ type }))
  const info =
    options.version === 2
      ? { artifact_name: name, updates: types, device_types_compatible: device_types }
      : {
          payloads: types,
          artifact_provides: { artifact_name: name, ...provides },
          artifact_depends: { device_type: device_types, ...depends },
        }
  const entries: TarEntry[] = [{ name: 'header-info', content: JSON.stringify(info) }]
  for (const [script, content] of Object.entries(scripts)) entries.push({ name: `scripts/${script}`, content })
  for (const [i, payload] of payloads.entries())
    entries.push(...payloadEntries(`headers/${index(i)}`, payload, options.version === 2))
  return entries
}

function payloadEntries(folder: string, payload: Payload, isVersion2: boolean): TarEntry[] {
  const { type = 'script', files = {}, provides, depends, clears_provides, meta_data } = payload
  const info = isVersion2
    ? { type }
    : {
        type,
        ...(provides && { artifact_provides: provides }),
        ...(depends && { artifact_depends: depends }),
        ...(clears_provides && { clears_artifact_provides: clears_provides }),
      }
  const entries: TarEntry[] = [{ name: `${folder}/type-info`, content: JSON.stringify(info) }]
  const names = JSON.stringify({ files: Object.keys(files) })
  if (isVersion2) entries.unshift({ name: `${folder}/files`, content: names })
  if (meta_data !== undefined)
    entries.push({
      name: `${folder}/meta-data`,
      content: typeof meta_data === 'string' ? meta_data : JSON.stringify(meta_data),
    })
  return entries
}

/** A payload of the given size that compresses badly. */
export const noise = (size: number): Buffer => {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, () => createHash('sha256').update(randomUUID()).digest())
  return Buffer.concat(blocks).subarray(0, size)
}
