import { randomUUID } from 'node:crypto'
import { sql } from '../../src/db/sql.ts'
import type { Testbed } from './testbed.ts'

export const RELEASE = 'firmware-2.0'

type Plan = {
  /** The value of the attribute `wave` that the filter matches; without it, all devices match. */
  wave?: number
  /** Capacity of the only open phase; the next one never opens. */
  capacity?: number
}

/** A dynamic deployment of a release for gateways, created by SQL. */
export async function makeDeployment({ db }: Testbed, tenant_id: string, { wave, capacity }: Plan): Promise<string> {
  const id = randomUUID()
  const terms =
    wave === undefined
      ? [{ scope: 'identity', attribute: 'status', type: '$eq', value: 'accepted' }]
      : [{ scope: 'inventory', attribute: 'wave', type: '$eq', value: wave }]
  await makeRelease({ db }, tenant_id)
  await db.query(sql`
    insert into deployments (tenant_id, id, name, artifact_name, created, dynamic, filter, initial_device_count)
    values (${tenant_id}, ${id}, 'bench', ${RELEASE}, clock_timestamp(), true, ${JSON.stringify({ terms })}, 0)`)
  await db.query(sql`insert into deployment_progress (tenant_id, deployment_id) values (${tenant_id}, ${id})`)
  if (capacity !== undefined)
    await db.query(sql`
      insert into deployment_phases (tenant_id, deployment_id, phase_index, id, batch_size, start_ts, capacity) values
        (${tenant_id}, ${id}, 0, ${randomUUID()}, 50, now(), ${capacity}),
        (${tenant_id}, ${id}, 1, ${randomUUID()}, 50, now() + interval '1 year', null)`)
  await db.query(sql`
    update tenants set deployments_version = deployments_version + 1 where tenant_id = ${tenant_id}`)
  return id
}

/** The release, with one artifact. */
export async function makeRelease({ db }: Pick<Testbed, 'db'>, tenant_id: string) {
  await db.query(sql`
    insert into releases (tenant_id, name, modified) values (${tenant_id}, ${RELEASE}, now()) on conflict do nothing`)
  const provides = { artifact_name: RELEASE }
  await db.query(sql`
    insert into artifacts (tenant_id, id, name, description, device_types_compatible, info, signed, updates,
      artifact_provides, artifact_depends, clears_artifact_provides, size, created, modified)
    select ${tenant_id}, 'bench', ${RELEASE}, '', '{gateway}', '{"format": "mender", "version": 3}', false, '[]', ${JSON.stringify(provides)},
      '{"device_type": ["gateway"]}', '{}', 1000, now(), now()
    where not exists (select from artifacts where tenant_id = ${tenant_id})`)
}
