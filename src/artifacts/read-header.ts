import { Type } from 'typebox'
import type { Bytes } from './byte-reader.ts'
import { type HeaderInfo, MetaData, TypeInfo } from './header.ts'
import { decodeText, invalidMember, parseMember, tooMuch } from './member.ts'
import { readTar, type TarFile } from './tar.ts'

const MOST_ENTRIES = 1000
const LARGEST_JSON = 1024 * 1024
/** All of what is parsed. */
const LARGEST_KEPT = 16 * 1024 * 1024

export type PayloadHeader = { type_info: TypeInfo; files?: string[]; metadata?: Record<string, unknown> }

export type Header<Info> = { info: Info; payloads: PayloadHeader[] }

/** Reads `header.tar` once unpacked: `header-info` first, then scripts, then what describes each payload. */
export async function readHeader<Info extends { types: HeaderInfo['types'] }>(
  source: Bytes,
  parseInfo: (bytes: Buffer) => Info,
): Promise<Header<Info>> {
  const members = new Map<string, Buffer>()
  let kept = 0
  for await (const file of readTar(source)) {
    if (members.size === 0 && file.name !== 'header-info') throw invalidMember('header', 'header-info is not first')
    if (members.has(file.name)) throw invalidMember('header', `${file.name} is there twice`)
    if (members.size === MOST_ENTRIES)
      throw tooMuch('header', `it has more than ${MOST_ENTRIES} entries`, 'join state scripts')
    const bytes = await readMember(file)
    kept += bytes.length
    if (kept > LARGEST_KEPT)
      throw tooMuch('header', `what describes its payloads is larger than ${LARGEST_KEPT} bytes`, SHORTEN)
    members.set(file.name, bytes)
  }
  const infoBytes = members.get('header-info')
  if (!infoBytes) throw invalidMember('header', 'header-info is missing')
  const info = parseInfo(infoBytes)
  members.delete('header-info')
  const payloads = info.types.map((type, i) => takePayload(members, payloadIndex(i), type))
  const unknown = [...members.keys()].find((name) => !/^scripts\/[^/]+$/.test(name))
  if (unknown !== undefined) throw invalidMember('header', `${unknown} does not belong there`)
  return { info, payloads }
}

export const payloadIndex = (i: number): string => String(i).padStart(4, '0')

const Files = Type.Object({ files: Type.Array(Type.String()) })

function takePayload(members: Map<string, Buffer>, index: string, type: string | null): PayloadHeader {
  const take = (name: string) => {
    const bytes = members.get(`headers/${index}/${name}`)
    members.delete(`headers/${index}/${name}`)
    return bytes
  }
  const typeInfo = take('type-info')
  if (!typeInfo) throw invalidMember('header', `headers/${index}/type-info is missing`)
  const type_info = parseMember(`headers/${index}/type-info`, typeInfo, TypeInfo)
  // A type that is missing or empty contradicts nothing.
  if (type_info.type && type_info.type !== type)
    throw invalidMember(
      `headers/${index}/type-info`,
      `its type is ${JSON.stringify(type_info.type)}, while header-info says ${JSON.stringify(type)}`,
    )
  const listed = take('files')
  const files = listed && parseMember(`headers/${index}/files`, listed, Files).files
  const metaData = take('meta-data') ?? Buffer.alloc(0)
  const isEmpty = decodeText('meta-data', metaData).trim() === ''
  const metadata = isEmpty ? null : parseMember(`headers/${index}/meta-data`, metaData, MetaData)
  return { type_info, ...(files && { files }), ...(metadata && { metadata }) }
}

const SHORTEN = 'put what it says into a file of the payload'

/** State scripts are read past: they may be of any size. */
async function readMember({ name, size, content }: TarFile): Promise<Buffer> {
  const isScript = name.startsWith('scripts/')
  if (size > LARGEST_JSON && !isScript) throw tooMuch(name, `larger than ${LARGEST_JSON} bytes`, SHORTEN)
  const pieces: Uint8Array[] = []
  for await (const piece of content) if (!isScript) pieces.push(piece)
  return Buffer.concat(pieces)
}
