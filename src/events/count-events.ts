import { cachedRowCount } from '../db/count-rows.ts'
import { raw } from '../db/sql.ts'

/** How many events meet a condition; of very many some seconds old. */
export const countEvents = cachedRowCount(raw('events')).get
