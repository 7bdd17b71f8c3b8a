import { type Static, Type } from 'typebox'
import { badRequest } from '../errors.ts'

export const Settings = Type.Object(
  {},
  {
    additionalProperties: true,
    title: 'Settings',
    description: 'Any members: the server only stores them for clients',
  },
)
export type Settings = Static<typeof Settings>

/** Of the whole tenant, or of one user. */
export type Whose = 'tenant' | 'user'

const MOST_KEYS = 1024
const LONGEST_KEY = 128
const LONGEST_VALUE = 4096

export function requireSettings(settings: Settings): void {
  const entries = Object.entries(settings)
  if (entries.length > MOST_KEYS) throw badRequest(`settings: must have at most ${MOST_KEYS} keys`)
  for (const [key, value] of entries) {
    if (key.length > LONGEST_KEY) throw badRequest(`settings: keys must be at most ${LONGEST_KEY} characters long`)
    if (typeof value === 'string' && value.length > LONGEST_VALUE)
      throw badRequest(`settings: ${key}: must be at most ${LONGEST_VALUE} characters long`)
  }
}
