import { cachedRowCount } from '../../db/count-rows.ts'
import { raw } from '../../db/sql.ts'

const counts = cachedRowCount(raw('devices d'))

/** The number of devices that meet a condition; a large one may be some seconds old. */
export const countMatching = counts.get

export const isLargeCountCached = counts.has

export const wasLargeCount = counts.wasLarge
