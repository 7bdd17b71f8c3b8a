import type { DownloadLimits, NewDownloadLimits } from '../../../api/download-limits.ts'
import type { ScheduleDraft } from '../../../parts/rollout/draft.ts'
import { type Amount, type Duration, durationOf, minutesOf } from '../../../parts/rollout/duration.ts'

/** The fields. Blank amounts do not limit. */
export type Draft = {
  quiet: Pick<ScheduleDraft, 'windows' | 'zone' | 'attribute'>
  max_downloads: Amount
  kilobytes: Amount
  attribute: { scope: string; attribute: string }
  each: { max_downloads: Amount; kilobytes: Amount }
  timeout: Duration
}

const blankIfNone = (amount: number | undefined): Amount => amount ?? ''
const toKilobytes = (bytes: number | undefined): Amount => (bytes === undefined ? '' : bytes / 1000)
const toBytes = (kilobytes: Amount): number | null => (kilobytes === '' ? null : Math.round(kilobytes * 1000))
const orNull = (amount: Amount): number | null => (amount === '' ? null : amount)

export function toDraft({ quiet_hours, by_attribute: by, ...limits }: DownloadLimits): Draft {
  const time_zone = quiet_hours?.time_zone ?? 'UTC'
  const has_attribute = typeof time_zone === 'object'
  return {
    quiet: {
      windows: quiet_hours?.windows ?? [],
      zone: has_attribute ? time_zone.fallback : time_zone,
      attribute: has_attribute ? { scope: time_zone.scope, attribute: time_zone.attribute } : undefined,
    },
    max_downloads: blankIfNone(limits.max_downloads),
    kilobytes: toKilobytes(limits.max_bytes_per_second),
    attribute: by ? { scope: by.scope, attribute: by.attribute } : { scope: 'inventory', attribute: '' },
    each: { max_downloads: blankIfNone(by?.max_downloads), kilobytes: toKilobytes(by?.max_bytes_per_second) },
    timeout: durationOf(limits.download_timeout_minutes ?? 60),
  }
}

export function toLimits({ quiet, attribute, each, timeout, ...limits }: Draft): NewDownloadLimits {
  const { windows, zone } = quiet
  const has_each = attribute.attribute !== '' || each.max_downloads !== '' || each.kilobytes !== ''
  return {
    ...(windows.length > 0 && {
      quiet_hours: { windows, time_zone: quiet.attribute ? { ...quiet.attribute, fallback: zone } : zone },
    }),
    ...{ max_downloads: orNull(limits.max_downloads), max_bytes_per_second: toBytes(limits.kilobytes) },
    ...(has_each && {
      by_attribute: {
        ...attribute,
        ...{ max_downloads: orNull(each.max_downloads), max_bytes_per_second: toBytes(each.kilobytes) },
      },
    }),
    download_timeout_minutes: timeout.amount === '' ? null : minutesOf(timeout),
  }
}
