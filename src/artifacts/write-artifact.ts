import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { type Pack, pack } from 'tar-stream'
import { headerOf, instructions, type SingleFile } from './single-file.ts'

export type Member = { name: string; content: string | Buffer }

/** A file whose checksum and size are known before it is read. */
export type StoredFile = { size: number; sha256: string; open: () => Promise<Readable> }

/** The bytes of an uncompressed artifact of format 3, in which sizes and checksums precede the contents. */
export async function writeArtifact(plan: SingleFile, { mtime, file }: { mtime: Date; file: StoredFile }) {
  const small = instructions(plan)
  const { filename } = plan.args
  const header = { name: 'header.tar', content: await tarOf(headerOf(plan), mtime) }
  const version = { name: 'version', content: JSON.stringify({ format: 'mender', version: 3 }) }
  const manifest = [
    ...small.map(({ name, content }) => `${sha256(content)}  data/0000/${name}\n`),
    `${file.sha256}  data/0000/${filename}\n`,
    ...[header, version].map(({ name, content }) => `${sha256(content)}  ${name}\n`),
  ].join('')
  // The size of everything but the content and its padding is that of an archive of an empty file.
  const empty = await tarOf([...small, { name: filename, content: '' }], mtime)
  const data = { name: 'data/0000.tar', size: empty.length + Math.ceil(file.size / 512) * 512 }
  const members = [version, { name: 'manifest', content: manifest }, header]
  return streamTar(members, { ...data, mtime }, async () => {
    const content = await file.open()
    return streamTar(small, { name: filename, size: file.size, mtime }, async () => content)
  })
}

const MODE = 0o644
type LastMember = { name: string; size: number; mtime: Date }

/** A tar of small members and a last one that is streamed. */
function streamTar(members: readonly Member[], last: LastMember, open: () => Promise<Readable>): Readable {
  const archive = pack()
  const write = async () => {
    addAll(archive, members, last.mtime)
    const entry = archive.entry({ ...last, mode: MODE })
    await pipeline(await open(), entry as unknown as NodeJS.WritableStream)
    archive.finalize()
  }
  write().catch((error) => archive.destroy(error as Error))
  return Readable.from(archive)
}

export async function tarOf(members: readonly Member[], mtime: Date): Promise<Buffer> {
  const archive = pack()
  addAll(archive, members, mtime)
  archive.finalize()
  return buffer(archive)
}

function addAll(archive: Pack, members: readonly Member[], mtime: Date) {
  for (const { name, content } of members) archive.entry({ name, mode: MODE, mtime }, content)
}

export const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')
