import type { DownloadLimits, NewDownloadLimits } from '../deployments/download-limits.ts'
import type { RunningDownloadsView } from '../deployments/views/find-running-downloads.ts'
import { downloadTimeoutText } from '../texts/download-limits.ts'
import { whole } from '../texts/numbers.ts'
import { scheduleText } from '../texts/schedules.ts'
import { type Options, optional, several, UsageError, type Values } from './command.ts'
import { readZoneAttribute } from './deployments/rollout-options.ts'
import { readWindow } from './deployments/schedule-text.ts'
import { readMinutes } from './duration.ts'
import { asUsage, remoteCommand } from './remote/command.ts'
import { facts, table } from './remote/print.ts'

const PATH = '/api/management/v2/deployments/download_limits'

const OPTIONS = {
  ...{ 'quiet-hours': { type: 'string', multiple: true }, 'time-zone': { type: 'string' } },
  ...{ 'time-zone-attribute': { type: 'string' }, 'max-downloads': { type: 'string' } },
  ...{ 'max-downloads-by': { type: 'string' }, 'download-timeout': { type: 'string' } },
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
  --max-downloads-by SCOPE/NAME=N
                               at most N of the devices that have the same value of this attribute, such as
                               inventory/site=5; '' removes the limit
  --download-timeout DURATION  a device that is not heard from for so long no longer counts, such as 2h; '' for 1h

Without any of these options the limits are shown, with the downloads that run; otherwise all others stay as they are. A
deployment that was created with --ignore-quiet-hours is offered in quiet hours, too.
`,
  options: OPTIONS,
  async run({ server, values }) {
    const changes = readChanges(values)
    const { body: stored } = await server.get(PATH)
    const limits = withoutEmpty({ ...stored, ...changes(stored) })
    if (Object.keys(OPTIONS).some((name) => values[name] !== undefined)) await server.put(PATH, limits)
    if (values.json) return console.log(JSON.stringify(limits))
    const { body: running } = await server.get(`${PATH}/running`)
    console.log(facts(factsOf(limits, running)))
    if (running.by_value.length > 0) console.log(`\n${valuesTable(running)}`)
  },
})

/** What options change; the time zone belongs to the quiet hours that are stored or given. */
function readChanges(values: Values): (stored: DownloadLimits) => NewDownloadLimits {
  const given = several(values, 'quiet-hours').filter(Boolean)
  const windows = given.map((text) => asUsage(() => readWindow(text)))
  const time_zone = readTimeZone(values)
  const others = {
    ...member(values, 'max-downloads', (text) => ({ max_downloads: countOf('max-downloads', text) })),
    ...member(values, 'max-downloads-by', (text) => ({ by_attribute: byAttribute(text) })),
    ...member(values, 'download-timeout', (text) => ({ download_timeout_minutes: minutesOf(text) })),
  }
  return ({ quiet_hours }) => {
    const hours = values['quiet-hours'] === undefined ? quiet_hours?.windows : windows
    if (time_zone !== undefined && !hours?.length) throw new UsageError('A time zone requires --quiet-hours')
    const zone = time_zone ?? quiet_hours?.time_zone
    return { ...others, quiet_hours: hours?.length ? { windows: hours, ...(zone ? { time_zone: zone } : {}) } : null }
  }
}

/** An option with an empty value removes the member. */
function member<Member extends object>(
  values: Values,
  name: keyof typeof OPTIONS,
  read: (text: string | null) => Member,
) {
  const text = optional(values, name)
  return text === undefined ? {} : read(text === '' ? null : text)
}

function readTimeZone(values: Values) {
  const zone = optional(values, 'time-zone')
  const attribute = optional(values, 'time-zone-attribute')
  return attribute === undefined ? zone : readZoneAttribute(attribute, zone ?? 'UTC')
}

function countOf(name: string, text: string | null): number | null {
  if (text === null) return null
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text)
  throw new UsageError(`--${name} must be a number of devices, at least 1`)
}

function byAttribute(text: string | null): NonNullable<NewDownloadLimits['by_attribute']> | null {
  if (text === null) return null
  const [, scope, attribute, count] = /^([^/\s]+)\/(.+)=(\d{1,9})$/.exec(text) ?? []
  if (scope === undefined || attribute === undefined || Number(count) < 1)
    throw new UsageError('--max-downloads-by must be an attribute and a number of devices, as in inventory/site=5')
  return { scope, attribute, max_downloads: Number(count) }
}

function minutesOf(text: string | null): number | null {
  const minutes = text === null ? null : readMinutes(text)
  if (minutes === undefined) throw new UsageError('--download-timeout must be whole minutes, such as 30m or 2h')
  return minutes
}

const withoutEmpty = (limits: NewDownloadLimits): DownloadLimits =>
  Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== null && value !== undefined))

function factsOf(limits: DownloadLimits, { running }: RunningDownloadsView) {
  const { quiet_hours, max_downloads, by_attribute: by, download_timeout_minutes } = limits
  return {
    'Quiet hours': quiet_hours ? scheduleText(quiet_hours) : 'none',
    'Downloads at a time': max_downloads === undefined ? 'no limit' : whole(max_downloads),
    'By attribute': by ? `${whole(by.max_downloads)} for each ${by.scope}/${by.attribute}` : 'no limit',
    'Time-out': `${downloadTimeoutText(download_timeout_minutes)} without a sign of the device`,
    'Running now': max_downloads === undefined && !by ? undefined : whole(running),
  }
}

const valuesTable = ({ by_value }: RunningDownloadsView): string =>
  table(by_value, [
    ['VALUE', ({ value }) => value],
    ['RUNNING', ({ running }) => whole(running)],
  ])
