import { cachedRowCount } from '../../db/count-rows.ts'
import { raw } from '../../db/sql.ts'

const counts = cachedRowCount(raw('devices d'))

/** How many devices meet a condition; of very many some seconds old. */
export const countMatching = counts.get

export const isLargeCountCached = counts.has

export const wasLargeCount = counts.wasLarge
