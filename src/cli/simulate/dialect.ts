import type { Dialect } from '../../auth/dialect.ts'
import { type Options, optional, UsageError, type Values } from '../command.ts'

const MIXED = 'mixed'

export const DIALECT_OPTIONS = {
  ...{ dialect: { type: 'string' }, 'gateway-token': { type: 'string' }, tenant: { type: 'string' } },
} satisfies Options

/** Which devices speak DDI, and how these authenticate. */
export type Dialects = { dialectOf: (index: number) => Dialect; tenant: string; gateway_token: string }

export function readDialects(values: Values): Dialects {
  const dialect = optional(values, 'dialect') ?? 'mender'
  const gateway_token = optional(values, 'gateway-token') ?? ''
  if (dialect !== 'mender' && dialect !== 'ddi' && dialect !== MIXED)
    throw new UsageError('--dialect must be mender, ddi or mixed')
  if (dialect !== 'mender' && !gateway_token)
    throw new UsageError(
      `--dialect ${dialect} needs --gateway-token: "muster gateway-tokens create" makes one, and "muster ddi settings" switches these tokens on`,
    )
  return {
    ...{ tenant: optional(values, 'tenant') ?? 'DEFAULT', gateway_token },
    dialectOf: (index) => (dialect === MIXED ? (index % 2 === 0 ? 'mender' : 'ddi') : dialect),
  }
}
