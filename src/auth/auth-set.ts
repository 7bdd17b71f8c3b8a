import { type Static, Type } from 'typebox'

export const AuthSetStatus = Type.Union(
  [Type.Literal('accepted'), Type.Literal('preauthorized'), Type.Literal('pending'), Type.Literal('rejected')],
  { title: 'AuthSetStatus', description: 'Whether the key of an authentication set is trusted' },
)
export type AuthSetStatus = Static<typeof AuthSetStatus>

/** A status that a user may ask for. */
export type AskedStatus = Exclude<AuthSetStatus, 'preauthorized'>

const MAY_COME_FROM: Readonly<Record<AskedStatus, readonly AuthSetStatus[]>> = {
  accepted: ['pending', 'rejected'],
  rejected: ['pending', 'accepted'],
  pending: ['accepted', 'rejected'],
}

export const isAskedStatus = (word: string): word is AskedStatus => Object.hasOwn(MAY_COME_FROM, word)

export const mayBecome = (from: AuthSetStatus, to: AskedStatus): boolean => MAY_COME_FROM[to].includes(from)
