import { minutesText } from './gates.ts'
import { bytes, counted } from './numbers.ts'
import { scheduleText } from './schedules.ts'

type Maybe<Value> = Value | null | undefined
type Quiet = Parameters<typeof scheduleText>[0]

/** The download limits of a tenant, as stored or as entered. */
export type LimitRules = {
  quiet_hours?: Maybe<Quiet>
  max_downloads?: Maybe<number>
  max_bytes_per_second?: Maybe<number>
  by_attribute?: Maybe<{
    scope: string
    attribute: string
    max_downloads?: Maybe<number>
    max_bytes_per_second?: Maybe<number>
  }>
  download_timeout_minutes?: Maybe<number>
}

/** What the limits of the tenant mean for devices, in sentences. `is_urgent`: for a deployment that ignores quiet hours. */
export function limitSentences(limits: LimitRules, { is_urgent }: { is_urgent: boolean }): string[] {
  const { quiet_hours, by_attribute: by } = limits
  return [
    quiet_hours && !is_urgent && `Quiet hours: ${scheduleText(quiet_hours)}. No device is offered the update then.`,
    downloadsText(limits, 'of the fleet'),
    by && downloadsText(by, `with the same ${by.scope}/${by.attribute}`),
    bytesText(limits, 'All downloads'),
    by && bytesText(by, `The downloads of devices with the same ${by.scope}/${by.attribute}`),
  ].filter((text) => typeof text === 'string')
}

type Limit = { max_downloads?: Maybe<number>; max_bytes_per_second?: Maybe<number> }

function downloadsText({ max_downloads }: Limit, which: string): string | undefined {
  if (!max_downloads) return undefined
  return `At most ${counted(max_downloads, 'device')} ${which} ${max_downloads === 1 ? 'downloads' : 'download'} at a time.`
}

const bytesText = ({ max_bytes_per_second }: Limit, which: string): string | undefined =>
  max_bytes_per_second ? `${which} share ${bytes(max_bytes_per_second)} per second.` : undefined

/** `1 hour`: the time-out of a download. */
export const downloadTimeoutText = (minutes: Maybe<number>): string => minutesText(minutes ?? 60)
