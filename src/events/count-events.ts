import { cachedRowCount } from '../db/count-rows.ts'
import { raw } from '../db/sql.ts'

/** The number of events that meet a condition; a large one may be some seconds old. */
export const countEvents = cachedRowCount(raw('events')).get
