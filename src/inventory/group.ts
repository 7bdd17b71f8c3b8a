import { type Static, Type } from 'typebox'
import { badRequest } from '../errors.ts'

const MAX_NAME_LENGTH = 256

export const GroupChange = Type.Object({
  matched_count: Type.Integer({ description: 'Devices that were found' }),
  updated_count: Type.Integer({ description: 'Devices whose group changed' }),
})
export type GroupChange = Static<typeof GroupChange>

export function requireGroupName(name: string): void {
  if (name === '') throw badRequest('group name cannot be blank')
  if (name.length > MAX_NAME_LENGTH) throw badRequest(`group name can be at most ${MAX_NAME_LENGTH} characters long`)
  if (!/^[A-Za-z0-9_-]+$/.test(name))
    throw badRequest('group name can only contain: upper/lowercase alphanum, -(dash), _(underscore)')
}
