import { type Static, Type } from 'typebox'
import { MAX_NAME_LENGTH } from '../header.ts'
import { MAX_LINE_LENGTH } from './facts.ts'

const LINE = '^[^\\u0000-\\u001f\\u007f]+$'
const Line = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: LINE })

/** A file that becomes an artifact as it is: what its upload says about it. */
export const NewFile = Type.Object({
  /** Of the release. */
  name: Line(MAX_NAME_LENGTH),
  device_types: Type.Array(Line(256), { minItems: 1, maxItems: 100 }),
  version: Type.Optional(Line(MAX_LINE_LENGTH)),
  part: Line(MAX_LINE_LENGTH),
  /** As the client names it. */
  file_name: Type.String(),
})
export type NewFile = Static<typeof NewFile>

/** Zephyr installs no other part. */
export const DEFAULT_PART = 'bApp'

const MAX_FILE_NAME_LENGTH = 120

/** A name for the file that every client can save it by, with the same extension. */
export function safeFileName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9.,_+-]/g, '_')
  const [extension = ''] = /\.[A-Za-z0-9]{1,16}$/.exec(safe) ?? []
  const stem = safe.slice(0, safe.length - extension.length).replace(/^[.-]+/, '') || 'file'
  return stem.slice(0, MAX_FILE_NAME_LENGTH - extension.length) + extension
}

const EXTENSION = /\.(swu|raucb)$/i

/** The format that a file has by its name. */
export function formatOfName(name: string): 'swu' | 'raucb' | 'file' {
  const [, extension] = EXTENSION.exec(name) ?? []
  return extension ? (extension.toLowerCase() as 'swu' | 'raucb') : 'file'
}

export const isMenderName = (name: string): boolean => /\.mender$/i.test(name)

/** SWUpdate installs files of these names only. */
export const asSwu = (name: string): string => safeFileName(`${name.replace(/\.swu$/i, '')}.swu`)
