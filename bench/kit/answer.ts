// What the servers here answer: HTTP/1.1, whole heads of a few hundred bytes, bodies with a length or chunked.

const HEAD_END = Buffer.from('\r\n\r\n')
const CHUNKED_END = Buffer.from('0\r\n\r\n')

// "HTTP/1.1 204"
export const statusOf = (answer: Buffer): number =>
  (answer[9]! - 48) * 100 + (answer[10]! - 48) * 10 + (answer[11]! - 48)

export function isWhole(answer: Buffer): boolean {
  const head = answer.indexOf(HEAD_END)
  if (head < 0) return false
  if (statusOf(answer) === 204) return true
  const text = answer.toString('latin1', 0, head).toLowerCase()
  if (text.includes('transfer-encoding: chunked')) return answer.subarray(-CHUNKED_END.length).equals(CHUNKED_END)
  const length = Number(/content-length: (\d+)/.exec(text)?.[1] ?? 0)
  return answer.length >= head + HEAD_END.length + length
}

/** In seconds; 0 where there is none. */
export const retryAfterOf = (answer: Buffer): number =>
  Number(/\r\nretry-after: (\d+)/i.exec(answer.toString('latin1'))?.[1] ?? 0)
