type Element = { tag: number; content: Buffer; rest: Buffer }

const SEQUENCE = 0x30
const SET = 0x31
const OBJECT_ID = 0x06
const INTEGER = 0x02
const OCTETS = 0x04
const EXPLICIT_0 = 0xa0

const SIGNED_DATA = '2a864886f70d010702'
const ENVELOPED_DATA = '2a864886f70d010703'

/** A message of CMS (RFC 5652) in DER. `content` is absent if it is not part of the message. */
export type Message = { type: 'signed'; content?: Buffer } | { type: 'enveloped' }

/** Finds the content of a message; verifies nothing. Undefined if it is something else. */
export function readMessage(bytes: Buffer): Message | undefined {
  const info = take(bytes, SEQUENCE)
  const type = info && take(info.content, OBJECT_ID)
  const oid = type?.content.toString('hex')
  if (oid === ENVELOPED_DATA) return { type: 'enveloped' }
  if (!type || oid !== SIGNED_DATA) return undefined
  const data = path(type.rest, [EXPLICIT_0, SEQUENCE])
  const version = data && take(data, INTEGER)
  const digests = version && take(version.rest, SET)
  const encapsulated = digests && take(digests.rest, SEQUENCE)
  const content_type = encapsulated && take(encapsulated.content, OBJECT_ID)
  if (!content_type) return undefined
  const content = path(content_type.rest, [EXPLICIT_0, OCTETS])
  return { type: 'signed', ...(content && { content }) }
}

/** The content of the innermost of elements each of which begins the content of the one before. */
const path = (bytes: Buffer, tags: readonly number[]): Buffer | undefined =>
  tags.reduce<Buffer | undefined>((content, tag) => content && take(content, tag)?.content, bytes)

/** The element of DER at the beginning; undefined if it has another tag, or is not whole. */
function take(bytes: Buffer, tag: number): Element | undefined {
  const [first, length_byte = 0x80] = bytes
  if (first !== tag) return undefined
  const is_short = length_byte < 0x80
  const digits = is_short ? 0 : length_byte - 0x80
  // BER has elements of unknown length, with 0 digits; DER has not.
  if ((!is_short && digits === 0) || digits > 4 || bytes.length < 2 + digits) return undefined
  const length = is_short ? length_byte : bytes.readUIntBE(2, digits)
  const end = 2 + digits + length
  if (end > bytes.length) return undefined
  return { tag, content: bytes.subarray(2 + digits, end), rest: bytes.subarray(end) }
}
