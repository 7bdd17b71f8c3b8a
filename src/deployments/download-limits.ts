import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { invalidField } from '../errors.ts'
import { attributeValue, type Filterable, SCOPES, type Term } from '../inventory/filter.ts'
import { DEVICES, orNull, readWhole, whole } from './rollout/members.ts'
import { opening } from './rollout/opening.ts'
import { NewWindow, readTimeZone, readWindows, TimeZone, Window, zoneAttribute, zoneOf } from './rollout/schedule.ts'

const MAX_NAME_LENGTH = 256
/** A week. */
const TIMEOUT = { min: 1, max: 10_080 } as const
const DEFAULT_TIMEOUT_MINUTES = 60

const QUIET = 'Times of day in which no device is offered an update'
const windowOf = { description: 'A part of each day in which no device is offered an update' }

const NewQuietHours = Type.Object(
  {
    windows: Type.Array(Type.Object(NewWindow.properties, { title: 'NewQuietWindow', ...windowOf }), {
      ...{ maxItems: 50, description: 'The quiet hours of each day; at least one' },
    }),
    time_zone: orNull('Time zone of the quiet hours', TimeZone),
  },
  { additionalProperties: false, title: 'NewQuietHours', description: QUIET },
)

export const QuietHours = Type.Object(
  {
    windows: Type.Array(Type.Object(Window.properties, { title: 'QuietWindow', ...windowOf }), {
      description: 'The quiet hours of each day',
    }),
    time_zone: Type.Optional(TimeZone),
  },
  { title: 'QuietHours', description: QUIET },
)

export type QuietHours = Static<typeof QuietHours>

const BY_ATTRIBUTE = 'A limit for the devices that have the same value of an attribute, as those of a site'
const ATTRIBUTE = {
  scope: Type.String({ description: `Scope of the attribute: one of ${SCOPES.join(', ')}` }),
  attribute: Type.String({ description: 'Name of the attribute' }),
}
const BYTES = { min: 1000, max: 1_000_000_000_000 } as const
const A_SECOND = 'Bytes a second that the server sends to downloads'
const A_SECOND_OF_VALUE = `${A_SECOND} of devices with the same value`
const AT_ONCE = 'Number of devices that may download at the same time'
const AT_ONCE_OF_VALUE = `${AT_ONCE}, of those with the same value`
const TIMEOUT_MEANING = `Minutes after which a download no longer counts if the device is not heard from; by default ${DEFAULT_TIMEOUT_MINUTES}`

export const NewDownloadLimits = Type.Object(
  {
    quiet_hours: orNull(QUIET, NewQuietHours),
    ...{ max_downloads: whole(AT_ONCE), max_bytes_per_second: whole(A_SECOND) },
    by_attribute: orNull(
      BY_ATTRIBUTE,
      Type.Object(
        { ...ATTRIBUTE, max_downloads: whole(AT_ONCE_OF_VALUE), max_bytes_per_second: whole(A_SECOND_OF_VALUE) },
        { additionalProperties: false, title: 'NewLimitByAttribute', description: BY_ATTRIBUTE },
      ),
    ),
    download_timeout_minutes: whole(TIMEOUT_MEANING),
  },
  {
    ...{ additionalProperties: false, title: 'NewDownloadLimits' },
    description: 'All download limits: those that are absent are removed',
  },
)
export type NewDownloadLimits = Static<typeof NewDownloadLimits>

export const DownloadLimits = Type.Object(
  {
    quiet_hours: Type.Optional(QuietHours),
    max_downloads: Type.Optional(Type.Integer({ description: AT_ONCE })),
    max_bytes_per_second: Type.Optional(Type.Integer({ description: A_SECOND })),
    by_attribute: Type.Optional(
      Type.Object(
        {
          ...ATTRIBUTE,
          max_downloads: Type.Optional(Type.Integer({ description: AT_ONCE_OF_VALUE })),
          max_bytes_per_second: Type.Optional(Type.Integer({ description: A_SECOND_OF_VALUE })),
        },
        { title: 'LimitByAttribute', description: BY_ATTRIBUTE },
      ),
    ),
    download_timeout_minutes: Type.Optional(Type.Integer({ description: TIMEOUT_MEANING })),
  },
  {
    title: 'DownloadLimits',
    description:
      'When devices are offered updates, and how many download at the same time; absent members do not limit',
  },
)
/** As stored, too. */
export type DownloadLimits = Static<typeof DownloadLimits>

/** Reads the limits of a request. */
export function readDownloadLimits(given: NewDownloadLimits): DownloadLimits {
  const { quiet_hours, by_attribute } = given
  const max_downloads = readWhole('max_downloads', given.max_downloads, DEVICES)
  const max_bytes_per_second = readWhole('max_bytes_per_second', given.max_bytes_per_second, BYTES)
  const timeout = readWhole('download_timeout_minutes', given.download_timeout_minutes, TIMEOUT)
  return {
    ...(quiet_hours ? { quiet_hours: readQuietHours(quiet_hours) } : {}),
    ...(max_downloads === null ? {} : { max_downloads }),
    ...(max_bytes_per_second === null ? {} : { max_bytes_per_second }),
    ...(by_attribute ? { by_attribute: readByAttribute(by_attribute) } : {}),
    ...(timeout === null ? {} : { download_timeout_minutes: timeout }),
  }
}

function readQuietHours({ windows, time_zone }: Static<typeof NewQuietHours>): Static<typeof QuietHours> {
  if (windows.length === 0) throw invalidField('quiet_hours.windows', 'must have at least one window')
  const read = readWindows('quiet_hours.windows', windows)
  const always = opening({ windows: read }, 'UTC', 0)
  if (always.is_open && !Number.isFinite(always.until_ms))
    throw invalidField('quiet_hours.windows', 'must leave a time of the week in which devices are offered updates')
  return { windows: read, ...(time_zone ? { time_zone: readTimeZone('quiet_hours.time_zone', time_zone) } : {}) }
}

function readByAttribute(given: NonNullable<NewDownloadLimits['by_attribute']>) {
  const { scope, attribute } = given
  if (!(SCOPES as readonly string[]).includes(scope))
    throw invalidField('by_attribute.scope', `must be one of ${SCOPES.join(', ')}`)
  if (attribute === '') throw invalidField('by_attribute.attribute', 'cannot be blank')
  if (attribute.length > MAX_NAME_LENGTH)
    throw invalidField('by_attribute.attribute', `the length must be no more than ${MAX_NAME_LENGTH}`)
  const max_downloads = readWhole('by_attribute.max_downloads', given.max_downloads, DEVICES)
  const bytes = readWhole('by_attribute.max_bytes_per_second', given.max_bytes_per_second, BYTES)
  if (max_downloads === null && bytes === null)
    throw invalidField('by_attribute', 'must have max_downloads or max_bytes_per_second')
  return {
    ...{ scope, attribute },
    ...(max_downloads === null ? {} : { max_downloads }),
    ...(bytes === null ? {} : { max_bytes_per_second: bytes }),
  }
}

/** Whether downloads are counted. */
export const countsDownloads = (limits: DownloadLimits | null): limits is DownloadLimits =>
  limits !== null && (limits.max_downloads !== undefined || limits.by_attribute?.max_downloads !== undefined)

/** Whether downloads are limited in bytes a second, and those by the value of an attribute. */
export const limitsBytes = (limits: DownloadLimits) => ({
  ...{ any: limits.max_bytes_per_second !== undefined || limits.by_attribute?.max_bytes_per_second !== undefined },
  by_value: limits.by_attribute?.max_bytes_per_second !== undefined,
})

/** The attributes that the limits read of a device. */
export function attributesOf(limits: DownloadLimits | null): Pick<Term, 'scope' | 'attribute'>[] {
  const zone = limits?.quiet_hours && zoneAttribute(limits.quiet_hours)
  const by = limits?.by_attribute
  return [...(zone ? [zone] : []), ...(by ? [{ scope: by.scope, attribute: by.attribute }] : [])]
}

/** When the quiet hours of a device end, in milliseconds; undefined: there are none now, or the deployment is exempt. */
export function quietUntil(
  limits: DownloadLimits | null,
  rules: { ignore_quiet_hours?: boolean } | null,
  { device, now_ms }: { device: Filterable; now_ms: number },
): number | undefined {
  const quiet = limits?.quiet_hours
  if (!quiet || rules?.ignore_quiet_hours) return undefined
  const now = opening(quiet, zoneOf(quiet, device), now_ms)
  return now.is_open ? now.until_ms : undefined
}

/** When the quiet hours end of a device whose attributes are not known; undefined: there are none now. */
export function quietEnd(quiet: QuietHours, now_ms: number): number | undefined {
  const { time_zone = 'UTC' } = quiet
  const now = opening(quiet, typeof time_zone === 'string' ? time_zone : time_zone.fallback, now_ms)
  return now.is_open ? now.until_ms : undefined
}

/** The longest value that is readable in a key; of longer ones it has a hash. */
const MAX_VALUE_LENGTH = 100

/** What of the limit by attribute the download of a device counts towards; '': the device does not have the attribute. */
export function downloadKey({ by_attribute: by }: DownloadLimits, device: Filterable): string {
  const value = by && attributeValue(device, by.scope, by.attribute)
  if (value === undefined) return ''
  return `${by?.scope}/${by?.attribute}=${shortened(typeof value === 'string' ? value : JSON.stringify(value))}`
}

const shortened = (value: string): string =>
  value.length <= MAX_VALUE_LENGTH ? value : createHash('sha256').update(value).digest('hex')

/** How long a download counts after the device was heard from last. */
export const timeoutMsOf = ({ download_timeout_minutes = DEFAULT_TIMEOUT_MINUTES }: DownloadLimits): number =>
  download_timeout_minutes * 60_000
