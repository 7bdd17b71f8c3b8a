import { type Static, Type } from 'typebox'

export const AuthSetStatus = Type.Union(
  [Type.Literal('accepted'), Type.Literal('preauthorized'), Type.Literal('pending'), Type.Literal('rejected')],
  { title: 'AuthSetStatus', description: 'Whether the key of an authentication set is trusted' },
)
export type AuthSetStatus = Static<typeof AuthSetStatus>

/** A status that a user may set. */
export type SettableStatus = Exclude<AuthSetStatus, 'preauthorized'>

const SETTABLE_FROM: Readonly<Record<SettableStatus, readonly AuthSetStatus[]>> = {
  accepted: ['pending', 'rejected'],
  rejected: ['pending', 'accepted'],
  pending: ['accepted', 'rejected'],
}

export const isSettableStatus = (word: string): word is SettableStatus => Object.hasOwn(SETTABLE_FROM, word)

export const mayBecome = (from: AuthSetStatus, to: SettableStatus): boolean => SETTABLE_FROM[to].includes(from)
