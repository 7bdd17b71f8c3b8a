import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'

export type ArtifactContent = {
  name: string
  device_types: string[]
  file: { name: string; content: Buffer }
}

type Entry = { name: string; content: string | Buffer }

/** The bytes of an artifact of format 3 that installs one file. */
export async function makeArtifact({ name, device_types, file }: ArtifactContent): Promise<Buffer> {
  const type = 'single-file'
  const info = {
    payloads: [{ type }],
    artifact_provides: { artifact_name: name },
    artifact_depends: { device_type: device_types },
  }
  const header = await packed([
    { name: 'header-info', content: JSON.stringify(info) },
    { name: 'headers/0000/type-info', content: JSON.stringify({ type }) },
  ])
  const version = JSON.stringify({ format: 'mender', version: 3 })
  const manifest = [
    `${sha256(file.content)}  data/0000/${file.name}`,
    `${sha256(header)}  header.tar.gz`,
    `${sha256(version)}  version\n`,
  ].join('\n')
  return tar([
    { name: 'version', content: version },
    { name: 'manifest', content: manifest },
    { name: 'header.tar.gz', content: header },
    { name: 'data/0000.tar.gz', content: await packed([file]) },
  ])
}

const packed = async (entries: Entry[]): Promise<Buffer> => gzipSync(await tar(entries))

async function tar(entries: Entry[]): Promise<Buffer> {
  const archive = pack()
  for (const { name, content } of entries) archive.entry({ name, mode: 0o644 }, content)
  archive.finalize()
  return buffer(archive)
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')
