import { invalidArtifact } from '../errors.ts'

/** The fields of an extended header, which replace those of the header that follows. */
export type Extension = { path?: string; size?: number; mtime?: number }

/** Parses records of `<length> <key>=<value>\n`, in which the length is that of the whole record. */
export function readPax(bytes: Buffer): Extension {
  const extension: Extension = {}
  for (let start = 0; start < bytes.length; ) {
    const space = bytes.indexOf(0x20, start)
    const length = space < 0 ? '' : bytes.toString('latin1', start, space)
    const end = start + Number(length)
    if (!/^[1-9]\d{0,5}$/.test(length) || end > bytes.length || bytes[end - 1] !== 0x0a) throw malformed()
    const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(decode(bytes.subarray(space + 1, end - 1))) ?? []
    if (key === '' || key.startsWith('GNU.sparse.')) throw malformed()
    if (key === 'path') extension.path = value
    if (key === 'size') extension.size = wholeNumber(value)
    if (key === 'mtime') extension.mtime = /^\d{1,12}(\.\d*)?$/.test(value) ? Number(value) : Number.NaN
    start = end
  }
  return extension
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw malformed()
  return Number(text)
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw malformed()
  }
}

const malformed = () => invalidArtifact('tar: an extended header is malformed')
