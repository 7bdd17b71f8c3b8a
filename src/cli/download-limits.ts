import type { DownloadLimits, NewDownloadLimits, RunningDownloads } from '../client/api.ts'
import { downloadTimeoutText } from '../texts/download-limits.ts'
import { bytes, whole } from '../texts/numbers.ts'
import { scheduleText } from '../texts/schedules.ts'
import { type Options, optional, several, UsageError, type Values } from './command.ts'
import { readZoneAttribute } from './deployments/rollout-options.ts'
import { readWindow } from './deployments/schedule-text.ts'
import { readMinutes } from './duration.ts'
import { asUsage, remoteCommand } from './remote/command.ts'
import { facts, table } from './remote/print.ts'

const PATH = '/api/management/v2/deployments/download_limits'

const text = { type: 'string' } as const
const OPTIONS = {
  ...{ 'quiet-hours': { type: 'string', multiple: true }, 'time-zone': text, 'time-zone-attribute': text },
  ...{ 'max-downloads': text, rate: text, attribute: text, 'max-downloads-each': text, 'rate-each': text },
  'download-timeout': text,
} satisfies Options

export const downloadLimitsCommand = remoteCommand({
  summary: 'Show or change when devices are offered updates, and how many download at a time',
  help: `
  --quiet-hours HOURS          offer nothing then: 'mon-fri 07:00-19:00', or '22:00-06:00' (every day, until the next
                               day); may be given several times; '' removes all
  --time-zone ZONE             time zone of the quiet hours, such as Europe/Berlin (UTC)
  --time-zone-attribute SCOPE/NAME
                               attribute with the time zone of the device; --time-zone is for devices without it
  --max-downloads N            at most N devices download at a time; '' removes the limit
  --rate BYTES                 bytes a second for all downloads together, such as 500k or 10M; '' removes the limit
  --attribute SCOPE/NAME       attribute whose values have limits of their own, such as inventory/site; '' removes them
  --max-downloads-each N       at most N devices with the same value download at a time; '' removes the limit
  --rate-each BYTES            bytes a second for the downloads of each value together; '' removes the limit
  --download-timeout DURATION  a device that is not heard from for so long no longer counts, such as 2h; '' for 1h

Without any of these options the limits are shown, with the downloads that run; otherwise all others stay as they are. A
deployment that was created with --ignore-quiet-hours is offered in quiet hours, too.
`,
  options: OPTIONS,
  async run({ server, values }) {
    const change = readChange(values)
    const { body: stored } = await server.get(PATH)
    const is_changed = Object.keys(OPTIONS).some((name) => values[name] !== undefined)
    const limits = is_changed ? withoutEmpty(change(stored)) : stored
    if (is_changed) await server.put(PATH, { body: limits })
    if (values.json) return console.log(JSON.stringify(limits))
    const { body: running } = await server.get(`${PATH}/running`)
    console.log(facts(factsOf(limits, running)))
    if (running.by_value.length > 0) console.log(`\n${valuesTable(running)}`)
  },
})

type Change = (stored: DownloadLimits) => NewDownloadLimits

/** What options change. Wrong ones are reported before the server is asked. */
function readChange(values: Values): Change {
  const quiet = readQuietHours(values)
  const by = readByAttribute(values)
  const others = {
    ...member(values, 'max-downloads', (given) => ({ max_downloads: countOf('max-downloads', given) })),
    ...member(values, 'rate', (given) => ({ max_bytes_per_second: bytesOf('rate', given) })),
    ...member(values, 'download-timeout', (given) => ({ download_timeout_minutes: minutesOf(given) })),
  }
  return (stored) => ({ ...stored, ...others, ...quiet(stored), ...by(stored) })
}

/** The time zone belongs to the hours that are stored or given. */
function readQuietHours(values: Values): Change {
  const given = several(values, 'quiet-hours').filter(Boolean)
  const windows = given.map((hours) => asUsage(() => readWindow(hours)))
  const zone = optional(values, 'time-zone')
  const attribute = optional(values, 'time-zone-attribute')
  const time_zone = attribute === undefined ? zone : readZoneAttribute(attribute, zone ?? 'UTC')
  return ({ quiet_hours: stored }) => {
    const hours = values['quiet-hours'] === undefined ? (stored?.windows ?? []) : windows
    if (time_zone !== undefined && hours.length === 0) throw new UsageError('A time zone requires --quiet-hours')
    const kept = time_zone ?? stored?.time_zone
    return { quiet_hours: hours.length > 0 ? { windows: hours, ...(kept ? { time_zone: kept } : {}) } : null }
  }
}

function readByAttribute(values: Values): Change {
  const attribute = member(values, 'attribute', (given) => ({ name: given && attributeOf(given) }))
  const limits = {
    ...member(values, 'max-downloads-each', (given) => ({ max_downloads: countOf('max-downloads-each', given) })),
    ...member(values, 'rate-each', (given) => ({ max_bytes_per_second: bytesOf('rate-each', given) })),
  }
  const has_limits = Object.values(limits).some((value) => value !== null)
  return ({ by_attribute: stored }) => {
    const name = attribute.name === undefined ? stored : attribute.name
    if (!name && has_limits) throw new UsageError('--max-downloads-each and --rate-each require --attribute')
    const { max_downloads, max_bytes_per_second } = { ...stored, ...limits }
    if (name && !max_downloads && !max_bytes_per_second && attribute.name)
      throw new UsageError('--attribute requires --max-downloads-each or --rate-each')
    if (!name || (!max_downloads && !max_bytes_per_second)) return { by_attribute: null }
    const each = withoutEmpty({ max_downloads, max_bytes_per_second })
    return { by_attribute: { scope: name.scope, attribute: name.attribute, ...each } }
  }
}

/** An option with an empty value removes the member. */
function member<Member extends object>(
  values: Values,
  name: keyof typeof OPTIONS,
  read: (given: string | null) => Member,
): Partial<Member> {
  const given = optional(values, name)
  return given === undefined ? {} : read(given === '' ? null : given)
}

function countOf(name: string, given: string | null): number | null {
  if (given === null) return null
  if (/^\d{1,9}$/.test(given) && Number(given) > 0) return Number(given)
  throw new UsageError(`--${name} must be a number of devices, at least 1`)
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1000, m: 1_000_000, g: 1_000_000_000 }

function bytesOf(name: string, given: string | null): number | null {
  if (given === null) return null
  const [, amount, unit = ''] = /^(\d{1,12})([kmg]?)$/i.exec(given) ?? []
  const rate = Number(amount) * (UNITS[unit.toLowerCase()] ?? 1)
  if (rate >= 1000) return rate
  throw new UsageError(`--${name} must be bytes a second, at least 1000, such as 500k or 10M`)
}

function attributeOf(given: string): { scope: string; attribute: string } {
  const [, scope, attribute] = /^([^/\s]+)\/(.+)$/.exec(given) ?? []
  if (scope !== undefined && attribute !== undefined) return { scope, attribute }
  throw new UsageError('--attribute must be the scope and name of an attribute, as in inventory/site')
}

function minutesOf(given: string | null): number | null {
  const minutes = given === null ? null : readMinutes(given)
  if (minutes === undefined) throw new UsageError('--download-timeout must be whole minutes, such as 30m or 2h')
  return minutes
}

const withoutEmpty = <Members extends object>(members: Members) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined)) as {
    [Name in keyof Members]?: NonNullable<Members[Name]>
  }

/** As they are stored, or as they are to be stored. */
type Limits = { [Name in keyof NewDownloadLimits]: NonNullable<NewDownloadLimits[Name]> }

function factsOf(limits: Limits, { running }: RunningDownloads) {
  const { quiet_hours, max_downloads, max_bytes_per_second, by_attribute: by, download_timeout_minutes } = limits
  const counts = Boolean(max_downloads ?? by?.max_downloads)
  return {
    'Quiet hours': quiet_hours ? scheduleText(quiet_hours) : 'none',
    'Downloads at a time': countText(max_downloads),
    'Bytes a second': rateText(max_bytes_per_second),
    'For each value of': by && `${by.scope}/${by.attribute}`,
    'Downloads of each': by && countText(by.max_downloads),
    'Bytes a second of each': by && rateText(by.max_bytes_per_second),
    'Time-out': counts ? `${downloadTimeoutText(download_timeout_minutes)} without a sign of the device` : undefined,
    'Running now': counts ? whole(running) : undefined,
  }
}

const countText = (count: number | null | undefined) => (count ? whole(count) : 'no limit')
const rateText = (rate: number | null | undefined) => (rate ? bytes(rate) : 'no limit')

const valuesTable = ({ by_value }: RunningDownloads): string =>
  table(by_value, [
    ['VALUE', ({ value }) => value],
    ['RUNNING', ({ running }) => whole(running)],
  ])
