import { minutesText } from './gates.ts'
import { counted } from './numbers.ts'
import { scheduleText } from './schedules.ts'

type Maybe<Value> = Value | null | undefined
type Quiet = Parameters<typeof scheduleText>[0]

/** The download limits of a tenant, as stored or as entered. */
export type LimitRules = {
  quiet_hours?: Maybe<Quiet>
  max_downloads?: Maybe<number>
  by_attribute?: Maybe<{ scope: string; attribute: string; max_downloads: number }>
  download_timeout_minutes?: Maybe<number>
}

/** What the limits of the tenant mean for devices, in sentences. `is_urgent`: for a deployment that ignores quiet hours. */
export function limitSentences(limits: LimitRules, { is_urgent }: { is_urgent: boolean }): string[] {
  const { quiet_hours, max_downloads, by_attribute } = limits
  return [
    ...(quiet_hours && !is_urgent
      ? [`Quiet hours: ${scheduleText(quiet_hours)}. No device is offered the update then.`]
      : []),
    ...(max_downloads
      ? [`At most ${counted(max_downloads, 'device')} of the fleet ${verb(max_downloads)} at a time.`]
      : []),
    ...(by_attribute
      ? [
          `At most ${counted(by_attribute.max_downloads, 'device')} with the same ${by_attribute.scope}/${by_attribute.attribute} ${verb(by_attribute.max_downloads)} at a time.`,
        ]
      : []),
  ]
}

const verb = (devices: number) => (devices === 1 ? 'downloads' : 'download')

/** `30 min without a sign of the device` */
export const downloadTimeoutText = (minutes: Maybe<number>): string => minutesText(minutes ?? 60)
