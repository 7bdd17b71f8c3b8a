import { CHECK_IN_TIME } from '../../auth/devices/check-in-time.ts'
import { raw, type Sql } from '../../db/sql.ts'
import type { Column } from '../filter.ts'

/** What is stored of a device `d` outside of its attributes. */
export const columnSql = (column: Column): Sql => (column === 'check_in_time' ? CHECK_IN_TIME : raw(`d.${column}`))
