// Reads the responses of the measured servers: HTTP/1.1, heads of a few hundred bytes, bodies with a length or chunked.

const HEAD_END = Buffer.from('\r\n\r\n')
const CHUNKED_END = Buffer.from('0\r\n\r\n')

// "HTTP/1.1 204"
export const statusOf = (response: Buffer): number =>
  (response[9]! - 48) * 100 + (response[10]! - 48) * 10 + (response[11]! - 48)

export function isComplete(response: Buffer): boolean {
  const head = response.indexOf(HEAD_END)
  if (head < 0) return false
  if (statusOf(response) === 204) return true
  const text = response.toString('latin1', 0, head).toLowerCase()
  if (text.includes('transfer-encoding: chunked')) return response.subarray(-CHUNKED_END.length).equals(CHUNKED_END)
  const length = Number(/content-length: (\d+)/.exec(text)?.[1] ?? 0)
  return response.length >= head + HEAD_END.length + length
}

/** In seconds; 0 if the header is missing. */
export const retryAfterOf = (response: Buffer): number =>
  Number(/\r\nretry-after: (\d+)/i.exec(response.toString('latin1'))?.[1] ?? 0)
