import { Type } from 'typebox'
import type { Bytes } from './byte-reader.ts'
import { type HeaderInfo, MetaData, TypeInfo } from './header.ts'
import { decodeText, invalidMember, limitExceeded, parseMember } from './member.ts'
import { readTar, type TarFile } from './tar.ts'

const MAX_ENTRIES = 1000
const MAX_JSON_SIZE = 1024 * 1024
/** Of all members in memory. */
const MAX_TOTAL_SIZE = 16 * 1024 * 1024

export type PayloadHeader = { type_info: TypeInfo; files?: string[]; metadata?: Record<string, unknown> }

export type Header<Info> = { info: Info; payloads: PayloadHeader[] }

/** Reads a decompressed `header.tar`: `header-info` first, then scripts, then the description of each payload. */
export async function readHeader<Info extends { types: HeaderInfo['types'] }>(
  source: Bytes,
  parseInfo: (bytes: Buffer) => Info,
): Promise<Header<Info>> {
  const members = new Map<string, Buffer>()
  let total_size = 0
  for await (const file of readTar(source)) {
    if (members.size === 0 && file.name !== 'header-info') throw invalidMember('header', 'header-info is not first')
    if (members.has(file.name)) throw invalidMember('header', `${file.name} is there twice`)
    if (members.size === MAX_ENTRIES)
      throw limitExceeded('header', `it has more than ${MAX_ENTRIES} entries`, 'join state scripts')
    const bytes = await readMember(file)
    total_size += bytes.length
    if (total_size > MAX_TOTAL_SIZE)
      throw limitExceeded('header', `what describes its payloads is larger than ${MAX_TOTAL_SIZE} bytes`, SHORTEN)
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
  // A missing or empty type contradicts nothing.
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

/** State scripts, which can have any size, are skipped. */
async function readMember({ name, size, content }: TarFile): Promise<Buffer> {
  const isScript = name.startsWith('scripts/')
  if (size > MAX_JSON_SIZE && !isScript) throw limitExceeded(name, `larger than ${MAX_JSON_SIZE} bytes`, SHORTEN)
  const chunks: Uint8Array[] = []
  for await (const chunk of content) if (!isScript) chunks.push(chunk)
  return Buffer.concat(chunks)
}
