import type { Integration, IntegrationChange } from '../../client/api.ts'
import { type Options, optional, several, UsageError, type Values } from '../command.ts'

export const OPTIONS = {
  ...{ secret: { type: 'string' }, description: { type: 'string' } },
  ...{ format: { type: 'string' }, event: { type: 'string', multiple: true } },
} satisfies Options

const ALL = 'all'

/** Types of events; null: as the server chooses, which is all, or for e-mails some; undefined: the option is absent. */
export function eventsIn(values: Values): IntegrationChange['events'] | undefined {
  const given = several(values, 'event')
  if (given.length === 0) return undefined
  if (!given.includes(ALL)) return given as NonNullable<IntegrationChange['events']>
  if (given.length > 1) throw new UsageError(`--event ${ALL} excludes others`)
  return null
}

/** An unknown format is refused by the server. */
export const formatIn = (values: Values) => optional(values, 'format') as Integration['format'] | undefined

export const eventsText = ({ events }: Integration): string => events?.join(', ') ?? ALL
