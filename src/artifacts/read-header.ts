import { Type } from 'typebox'
import type { Bytes } from './byte-reader.ts'
import { type HeaderInfo, MetaData, TypeInfo } from './header.ts'
import { decodeText, invalidMember, parseMember } from './member.ts'
import { readTar, type TarFile } from './tar.ts'

const MOST_ENTRIES = 1000
const LARGEST_JSON = 1024 * 1024

export type PayloadHeader = { type_info: TypeInfo; metadata?: Record<string, unknown> }

export type Header<Info> = { info: Info; payloads: PayloadHeader[] }

/** Reads `header.tar` once unpacked: `header-info` first, then scripts, then what describes each payload. */
export async function readHeader<Info extends { types: HeaderInfo['types'] }>(
  source: Bytes,
  parseInfo: (bytes: Buffer) => Info,
): Promise<Header<Info>> {
  const members = new Map<string, Buffer>()
  for await (const file of readTar(source)) {
    if (members.size === 0 && file.name !== 'header-info') throw invalidMember('header', 'header-info is not first')
    if (members.has(file.name)) throw invalidMember('header', `${file.name} is there twice`)
    if (members.size === MOST_ENTRIES) throw invalidMember('header', `it has more than ${MOST_ENTRIES} entries`)
    members.set(file.name, await readMember(file))
  }
  const infoBytes = members.get('header-info')
  if (!infoBytes) throw invalidMember('header', 'header-info is missing')
  const info = parseInfo(infoBytes)
  members.delete('header-info')
  const payloads = info.types.map((_, i) => takePayload(members, payloadIndex(i)))
  const unknown = [...members.keys()].find((name) => !/^scripts\/[^/]+$/.test(name))
  if (unknown !== undefined) throw invalidMember('header', `${unknown} does not belong there`)
  return { info, payloads }
}

export const payloadIndex = (i: number): string => String(i).padStart(4, '0')

const Files = Type.Object({ files: Type.Array(Type.String()) })

function takePayload(members: Map<string, Buffer>, index: string): PayloadHeader {
  const take = (name: string) => {
    const bytes = members.get(`headers/${index}/${name}`)
    members.delete(`headers/${index}/${name}`)
    return bytes
  }
  const typeInfo = take('type-info')
  if (!typeInfo) throw invalidMember('header', `headers/${index}/type-info is missing`)
  const files = take('files')
  if (files) parseMember(`headers/${index}/files`, files, Files)
  const metaData = take('meta-data') ?? Buffer.alloc(0)
  const isEmpty = decodeText('meta-data', metaData).trim() === ''
  const metadata = isEmpty ? null : parseMember(`headers/${index}/meta-data`, metaData, MetaData)
  return {
    type_info: parseMember(`headers/${index}/type-info`, typeInfo, TypeInfo),
    ...(metadata && { metadata }),
  }
}

/** State scripts are read and forgotten. */
async function readMember({ name, size, content }: TarFile): Promise<Buffer> {
  const isScript = name.startsWith('scripts/')
  if (size > LARGEST_JSON && !isScript) throw invalidMember(name, `larger than ${LARGEST_JSON} bytes`)
  const pieces: Uint8Array[] = []
  for await (const piece of content) if (!isScript) pieces.push(piece)
  return Buffer.concat(pieces)
}
