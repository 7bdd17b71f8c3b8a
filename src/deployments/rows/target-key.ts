import { type Sql, sql } from '../../db/sql.ts'

/** By it an index finds the rows of a device in `deployment_targets`; several devices may have the same. */
export const targetKey = (device_id: Sql): Sql => sql`hashtextextended(${device_id}, 0)`
