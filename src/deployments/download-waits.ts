import type { Filterable } from '../inventory/filter.ts'
import { whole } from '../texts/numbers.ts'
import { type DownloadLimits, type QuietHours, quietUntil } from './download-limits.ts'
import { type Download, type FullLimit, fullLimit, isLost } from './downloads.ts'
import type { Explanation } from './explanation.ts'
import type { RolloutRules } from './rollout/rules.ts'
import { zoneOf } from './rollout/schedule.ts'
import { offsetAt } from './rollout/time-zone.ts'

/** The quiet hours that keep a device from offers. */
export function waitsForQuietHours(device: Filterable, quiet: QuietHours, until_ms: number): Explanation {
  const zone = zoneOf(quiet, device)
  const until = new Date(until_ms).toISOString()
  const clock = new Date(until_ms + offsetAt(zone, until_ms)).toISOString().slice(11, 16)
  return {
    ...{ code: 'quiet_hours', until },
    message: `Quiet hours until ${clock} ${zone}: no device is offered updates before ${until}.`,
  }
}

/** The limit that keeps the download of a device from beginning. */
export function waitsForDownload(download: Download): Explanation {
  const full = fullLimit(download)!
  return {
    code: 'waits_for_download',
    message: `${fullText(full)}: the device is offered the update at its first poll after one of them has ended.`,
    downloads: { running: full.running, limit: full.limit, ...attributeOf(full, download.limits) },
  }
}

function attributeOf({ key }: FullLimit, { by_attribute: by }: DownloadLimits) {
  if (key === undefined || !by) return {}
  const { scope, attribute } = by
  return { scope, attribute, value: key.slice(`${scope}/${attribute}=`.length) }
}

/** `5 of 5 downloads at inventory/site=Berlin are running` */
function fullText({ running, limit, key }: FullLimit): string {
  const noun = limit === 1 ? 'download' : 'downloads'
  return `${whole(running)} of ${whole(limit)} ${noun}${key === undefined ? '' : ` at ${key}`} ${running === 1 ? 'is' : 'are'} running`
}

type Waiting = {
  device: Filterable
  limits: DownloadLimits | null
  rules: RolloutRules | null
  now: string
  download: Download | undefined
  download_seen: string | null
}

/** What keeps a device that is assigned from another attempt, or from the offer that it has not been heard from about. */
export function heldBack(waiting: Waiting, is_retrying: boolean): string[] {
  const { device, limits, rules, now, download, download_seen } = waiting
  const is_lost = download !== undefined && isLost({ download_seen }, download.limits, now)
  if (!is_retrying && !is_lost) return []
  const full = download && fullLimit(download)
  const quiet_ms = is_retrying ? quietUntil(limits, rules, { device, now_ms: Date.parse(now) }) : undefined
  const silence = is_lost ? [`not heard from in its download since ${download_seen}`] : []
  if (quiet_ms !== undefined) return [`quiet hours until ${new Date(quiet_ms).toISOString()}`]
  return [...silence, ...(full ? [`${fullText(full)}, and it waits for one of them to end`] : [])]
}
