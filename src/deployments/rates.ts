import type { DownloadLimits } from './download-limits.ts'

/** Bytes a second that all downloads of a key share: `all` of the tenant, or those of a value of the attribute. */
export type Rate = { key: string; per_second: number }

/** What limits a download in bytes a second. `key`: what of the limit by attribute it counts towards. */
export function ratesOf({ max_bytes_per_second, by_attribute }: DownloadLimits, key: string): Rate[] {
  const of_value = by_attribute?.max_bytes_per_second
  return [
    ...(max_bytes_per_second === undefined ? [] : [{ key: 'all', per_second: max_bytes_per_second }]),
    ...(of_value === undefined || key === '' ? [] : [{ key, per_second: of_value }]),
  ]
}

const SMALLEST = 1024
/** What files are read in. */
const LARGEST = 1024 * 1024
const SLICES_PER_SECOND = 8

/**
 * How many bytes a download reserves at a time, if as many downloads share the rate: so few that each of them sends
 * several times a second, which keeps connections from being taken for dead.
 */
export const sliceSize = ({ per_second }: Rate, downloads: number): number =>
  Math.min(LARGEST, Math.max(SMALLEST, Math.floor(per_second / SLICES_PER_SECOND / Math.max(1, downloads))))

/** Reservations of one rate in the order in which they were made, the last of which ends in `ends_in_ms`. */
export function startsOf(bytes: readonly number[], { per_second }: Rate, ends_in_ms: number): number[] {
  const total = bytes.reduce((sum, one) => sum + one, 0)
  let start_ms = ends_in_ms - (total * 1000) / per_second
  return bytes.map((one) => {
    const wait_ms = Math.max(0, start_ms)
    start_ms += (one * 1000) / per_second
    return wait_ms
  })
}
