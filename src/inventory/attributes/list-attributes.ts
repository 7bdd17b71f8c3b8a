import { type Static, Type } from 'typebox'
import { CHECK_IN_TIME } from '../../auth/devices/check-in-time.ts'
import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import { cachedIfLarge } from '../../db/memory/cached-if-large.ts'
import { raw, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'

/** For suggestions a sample has all attributes that matter, and a large fleet takes no longer than a small one. */
const SAMPLE_SIZE = 5000
const MAX_ATTRIBUTES = 500

export const KnownAttribute = Type.Object(
  {
    scope: Type.String({ description: 'Scope of the attribute' }),
    name: Type.String({ description: 'Name of the attribute' }),
    count: Type.Integer({ description: 'Number of devices that have it; in a large fleet of the devices of a sample' }),
    numeric: Type.Boolean({ description: 'Whether its value is a number for most of these devices' }),
  },
  { title: 'KnownAttribute', description: 'An attribute that devices have' },
)
export type KnownAttribute = Static<typeof KnownAttribute>

const IS_NUMBER = raw(`jsonb_typeof(value) = 'number' or jsonb_typeof(value -> 0) = 'number'`)

const sampleAttributes = ({ db }: Env, viewer: Viewer): Promise<KnownAttribute[]> =>
  db.reads.query<KnownAttribute>(sql`
    with sample as (
      select attributes, group_name, ${CHECK_IN_TIME} as check_in_time, pinned_until from devices d
      where tenant_id = ${viewer.tenant_id} ${andVisible(viewer)} limit ${SAMPLE_SIZE}
    ), found as (
      select scope, name, ${IS_NUMBER} as is_number
      from sample, jsonb_each(attributes) as scopes (scope, named), jsonb_each(named) as named_values (name, value)
      where (scope, name) not in (('identity', 'id'), ('identity', 'status'))
      union all
      select scope, name, false
      from sample, (values ('identity', 'status'), ('system', 'created_ts'), ('system', 'updated_ts'),
        ('system', 'dialect')) as always (scope, name)
      union all
      select 'system', 'group', false from sample where group_name is not null
      union all
      select 'system', 'check_in_time', false from sample where check_in_time is not null
      union all
      select 'system', 'pinned_until', false from sample where pinned_until is not null
    )
    select scope, name, count(*) as count, count(*) filter (where is_number) * 2 > count(*) as numeric from found
    group by scope, name order by count desc, scope collate "C", name collate "C" limit ${MAX_ATTRIBUTES}`)

/** The attributes of devices, the most frequent first. */
export const listAttributes = cachedIfLarge<Env, Viewer, KnownAttribute[]>(sampleAttributes, {
  name: ({ tenant_id, scope }) => JSON.stringify([tenant_id, scope.groups]),
  isLarge: ([first]) => first?.count === SAMPLE_SIZE,
}).get
