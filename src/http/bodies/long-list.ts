import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { isStorable } from '../../text.ts'
import { TextSet } from '../../text-set.ts'

/** Bytes that are parsed at once, about 1,700 UUIDs: other requests wait for one slice. */
export const SLICE = 64 * 1024

type Options = {
  member: string
  /** Characters of a text. */
  most: number
  toStored(text: string): string
  slice?: number
}

export type TakenList = {
  list: TextSet
  /** The body, whose list has `marker` as its only element instead. */
  rest: Buffer
  marker: string
}

/**
 * Takes the list of texts `member` out of a JSON object, and lets other requests be served after each slice of it. The
 * first list of that name is taken, in whatever object it is. Undefined if there is none, if it has anything but
 * storable texts of 1 to `most` characters, or if a slice would end within a text: then the body has to be parsed as a
 * whole.
 */
export async function takeLongList(body: Buffer, options: Options): Promise<TakenList | undefined> {
  const { member, toStored, slice = SLICE } = options
  const begin = findList(body, member)
  if (begin === undefined) return undefined
  const list = new TextSet()
  for (let at = begin; ; await setImmediate()) {
    const window = body.subarray(at, at + slice)
    const closing = window.indexOf(']')
    const length = closing >= 0 ? closing : window.lastIndexOf(',')
    const texts = length > 0 ? parseTexts(window.subarray(0, length), options) : undefined
    if (!texts) return undefined
    for (const text of texts) list.add(toStored(text))
    at += length
    if (closing >= 0) return { list, ...replaced(body, begin, at) }
    // The comma.
    at++
  }
}

function replaced(body: Buffer, begin: number, end: number) {
  const marker = randomUUID()
  return { marker, rest: Buffer.concat([body.subarray(0, begin), Buffer.from(`"${marker}"`), body.subarray(end)]) }
}

/** Where the elements begin of the first list that is a member of this name. */
function findList(body: Buffer, member: string): number | undefined {
  // Within a text its quotes would be escaped.
  const name = Buffer.from(JSON.stringify(member))
  for (let at = body.indexOf(name); at >= 0; at = body.indexOf(name, at)) {
    at += name.length
    const opening = /^\s*:\s*\[/.exec(body.toString('latin1', at, at + MAX_SPACE))
    if (opening) return at + opening[0].length
  }
  return undefined
}

const MAX_SPACE = 64

// Only at the very beginning of a body a byte order mark is no error.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** It can be parsed only if it ends between two elements. */
function parseTexts(bytes: Buffer, { most }: Options): string[] | undefined {
  let json: string
  let values: unknown[]
  try {
    json = utf8.decode(bytes)
    values = JSON.parse(`[${json}]`)
  } catch {
    return undefined
  }
  const has_escapes = json.includes('\\u')
  const isValid = (value: unknown): value is string =>
    typeof value === 'string' && value.length > 0 && value.length <= most && (!has_escapes || isStorable(value))
  return values.length > 0 && values.every(isValid) ? values : undefined
}
