import type { StoredBytes } from '../stored-bytes.ts'
import type { Facts } from './facts.ts'
import { readSwDescription } from './sw-description.ts'

const HEADER_SIZE = 110
const MAX_NAME_SIZE = 256
const MAX_DESCRIPTION_SIZE = 512 * 1024

/** Reads an image of SWUpdate, an archive of cpio that begins with its description; undefined if it is something else. */
export async function readSwu(file: StoredBytes): Promise<Facts | undefined> {
  const first = await readMember(file, 0)
  if (first?.name !== 'sw-description') return undefined
  // It follows at once, or there is none.
  const second = await readMember(file, first.end)
  const isReadable = first.size <= MAX_DESCRIPTION_SIZE
  const description = isReadable ? readSwDescription(await file.read(first.start, first.size)) : undefined
  return {
    format: 'swu',
    signed: second?.name === 'sw-description.sig',
    version: description?.version,
    details: { ...description?.details },
  }
}

type Member = {
  name: string
  size: number
  /** Of its content. */
  start: number
  /** Where the next member begins. */
  end: number
}

/** A member of an archive in the formats newc and crc, whose header has its numbers as 8 hexadecimal digits each. */
async function readMember(file: StoredBytes, at: number): Promise<Member | undefined> {
  const bytes = await file.read(at, HEADER_SIZE + MAX_NAME_SIZE)
  const header = bytes.toString('latin1', 0, HEADER_SIZE)
  if (!/^07070[12][0-9a-f]{104}$/i.test(header)) return undefined
  const numberAt = (index: number) => Number.parseInt(header.slice(6 + 8 * index, 14 + 8 * index), 16)
  const [size, name_size] = [numberAt(6), numberAt(11)]
  // It ends with a NUL character.
  const name = bytes.toString('latin1', HEADER_SIZE, HEADER_SIZE + name_size - 1)
  const start = aligned(at + HEADER_SIZE + name_size)
  return { name, size, start, end: aligned(start + size) }
}

const aligned = (offset: number): number => Math.ceil(offset / 4) * 4
