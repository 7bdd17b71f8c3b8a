import { type Static, Type } from 'typebox'
import { badRequest } from '../errors.ts'

const MAX_NAME_LENGTH = 256

export const GroupChange = Type.Object(
  {
    matched_count: Type.Integer({ description: 'Number of devices that were found' }),
    updated_count: Type.Integer({ description: 'Number of devices whose group changed' }),
  },
  { title: 'GroupChange', description: 'The effect of a change of groups' },
)
export type GroupChange = Static<typeof GroupChange>

export const CountedGroup = Type.Object(
  {
    name: Type.String({ description: 'Name of the group' }),
    device_count: Type.Integer({ description: 'Number of devices in it, of any status' }),
    accepted_count: Type.Integer({ description: 'Number of accepted devices in it' }),
  },
  { title: 'CountedGroup', description: 'A group and the number of its devices' },
)
export type CountedGroup = Static<typeof CountedGroup>

export function requireGroupName(name: string): void {
  if (name === '') throw badRequest('group name cannot be blank')
  if (name.length > MAX_NAME_LENGTH) throw badRequest(`group name can be at most ${MAX_NAME_LENGTH} characters long`)
  if (!/^[A-Za-z0-9_-]+$/.test(name))
    throw badRequest('group name can only contain: upper/lowercase alphanum, -(dash), _(underscore)')
}
