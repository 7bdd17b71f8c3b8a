import { createHash, randomBytes } from 'node:crypto'
import { MIB } from './row.ts'

export type BigArtifact = { name: string; size: number; content: () => AsyncGenerator<Buffer> }

/** More data than fits into the CPU caches. */
const BLOCKS = Array.from({ length: 64 }, () => randomBytes(MIB))
const block = (i: number): Buffer => BLOCKS[i % BLOCKS.length] as Buffer
const END = Buffer.alloc(1024)

/** An artifact with one uncompressed file. It is generated while it is read: it is never in memory or on disk. */
export function bigArtifact(name: string, mebibytes: number): BigArtifact {
  const hash = createHash('sha256')
  for (let i = 0; i < mebibytes; i++) hash.update(block(i))
  const header = tar({
    'header-info': JSON.stringify({
      payloads: [{ type: 'script' }],
      artifact_provides: { artifact_name: name },
      artifact_depends: { device_type: ['bench'] },
    }),
    'headers/0000/type-info': JSON.stringify({ type: 'script' }),
  })
  const version = JSON.stringify({ format: 'mender', version: 3 })
  const checksums = [
    [hash.digest('hex'), 'data/0000/big'],
    [sha256(header), 'header.tar'],
    [sha256(version), 'version'],
  ]
  const manifest = checksums.map((line) => `${line.join('  ')}\n`).join('')
  const before = Buffer.concat([entry('version', version), entry('manifest', manifest), entry('header.tar', header)])
  const file = headerOf('big', mebibytes * MIB)
  const data = headerOf('data/0000.tar', file.length + mebibytes * MIB + END.length)
  async function* content() {
    yield Buffer.concat([before, data, file])
    for (let i = 0; i < mebibytes; i++) yield block(i)
    yield Buffer.concat([END, END])
  }
  return { name, size: before.length + data.length + file.length + mebibytes * MIB + 2 * END.length, content }
}

const tar = (files: Record<string, string>): Buffer =>
  Buffer.concat([...Object.entries(files).map(([name, content]) => entry(name, content)), END])

const entry = (name: string, content: string | Buffer): Buffer => {
  const bytes = Buffer.from(content as string)
  return Buffer.concat([headerOf(name, bytes.length), bytes, Buffer.alloc(-bytes.length & 511)])
}

/** A tar header. Sizes above 8 GiB are binary, as in GNU tar. */
function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(512)
  const put = (at: number, text: string) => header.write(text, at, 'latin1')
  put(0, name)
  put(100, '0000644\0')
  put(136, '14524620000\0')
  put(257, 'ustar\x0000')
  put(156, '0')
  if (size < 8 ** 11) put(124, `${size.toString(8).padStart(11, '0')}\0`)
  else {
    header[124] = 0x80
    header.writeBigUInt64BE(BigInt(size), 128)
  }
  const sum = header.reduce((total, byte) => total + byte, 8 * 0x20)
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  return header
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')
