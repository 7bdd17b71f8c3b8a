import { raw } from '../../db/sql.ts'

/** When a device `d` was heard from last, to some minutes; null: never. For a few devices. */
export const CHECK_IN_TIME = raw(
  '(select c.at from check_ins c where c.device_id = d.id and c.tenant_id = d.tenant_id)',
)

/** `c.at` is the same for all devices `d` of a query, in one scan. */
export const WITH_CHECK_INS = raw('left join check_ins c on c.device_id = d.id and c.tenant_id = d.tenant_id')
