import type { Filterable } from '../inventory/filter.ts'
import { countsDownloads, type DownloadLimits, downloadKey, timeoutMsOf } from './download-limits.ts'

/** How many devices download at the moment: all, and by what of the limit by attribute they count towards. */
export type RunningDownloads = { all: number; by_key: Map<string, number> }

/** How a download of a device is limited. `key`: what of the limit by attribute it counts towards. */
export type LimitedDownload = { limits: DownloadLimits; key: string }

/** A download that is to begin, with what runs already. */
export type Download = LimitedDownload & { running: RunningDownloads }

/** Undefined: downloads are not counted. */
export const limitedDownload = (limits: DownloadLimits | null, device: Filterable): LimitedDownload | undefined =>
  countsDownloads(limits) ? { limits, key: downloadKey(limits, device) } : undefined

export const withRunning = (
  limited: LimitedDownload | undefined,
  running: RunningDownloads | undefined,
): Download | undefined => limited && running && { ...limited, running }

/** A limit that leaves no place. `key`: absent if it is the one for all devices. */
export type FullLimit = { running: number; limit: number; key?: string }

/** What keeps the download from beginning. */
export function fullLimit({ limits, running, key }: Download): FullLimit | undefined {
  const { max_downloads, by_attribute } = limits
  if (max_downloads !== undefined && running.all >= max_downloads) return { running: running.all, limit: max_downloads }
  if (by_attribute?.max_downloads === undefined || key === '') return undefined
  const of_key = running.by_key.get(key) ?? 0
  return of_key >= by_attribute.max_downloads ? { running: of_key, limit: by_attribute.max_downloads, key } : undefined
}

/** Counts the download as running. */
export function take({ running, key }: Download): void {
  running.all++
  running.by_key.set(key, (running.by_key.get(key) ?? 0) + 1)
}

/** As rows have it: see `Attempt`. */
type Seen = { download_seen: string | null }

/** A device that is heard from within this time changes nothing. */
const RENEWED_AFTER_MS = 60_000

/** Whether it is time to note that the device was heard from. */
export const isRenewable = ({ download_seen }: Seen, now: string): boolean =>
  download_seen !== null && Date.parse(now) - Date.parse(download_seen) >= RENEWED_AFTER_MS

/** Whether the device was not heard from for so long that its download counts no longer. */
export const isLost = ({ download_seen }: Seen, limits: DownloadLimits, now: string): boolean =>
  download_seen !== null && Date.parse(now) - Date.parse(download_seen) >= timeoutMsOf(limits)

/**
 * The row of a device that has an offer, as of a poll that repeats it: the device was heard from. A download that counted
 * no longer counts again; undefined: there is no place for it.
 */
export function renewed<Row extends Seen & { download_key: string | null }>(
  row: Row,
  download: Download | undefined,
  now: string,
): Row | undefined {
  if (!download || row.download_seen === null) return row
  const { limits, key } = download
  if (!isLost(row, limits, now)) return isRenewable(row, now) ? { ...row, download_seen: now } : row
  if (fullLimit(download)) return undefined
  take(download)
  return { ...row, download_seen: now, download_key: key }
}
