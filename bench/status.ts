import { sql } from '../src/db/sql.ts'
import type { Bench } from './benches.ts'
import { type Fleet, makeFleet, makeTenant, times, vacuum } from './kit/fleet.ts'
import { requestText } from './kit/load.ts'
import { compare } from './kit/measure.ts'
import { makeDeployment } from './kit/rollout.ts'
import { figureTable } from './kit/table.ts'
import type { Testbed } from './kit/testbed.ts'

const DEVICES = 4000
/** Consecutive reports always differ, so that each one is written. */
const STEPS = ['downloading', 'installing', 'rebooting']

/** Every report changes its row and is committed to disk before the response. */
export const status: Bench = {
  summary: 'status reports, each a durable change of its device deployment',
  async run(testbed) {
    const tenant_id = await makeTenant(testbed)
    const fleet = await makeFleet(testbed, { tenant_id, size: DEVICES })
    const deployment_id = await makeDeployment(testbed, tenant_id, {})
    await begin(testbed, fleet, deployment_id)
    const path = `/api/devices/v1/deployments/device/deployments/${deployment_id}/status`
    const requests = STEPS.flatMap((status) =>
      times(DEVICES, (i) => requestText('PUT', path, { token: fleet.token(i), body: { status } })),
    )
    await vacuum(testbed, 'tenants, devices, auth_sets, device_deployments')
    const workloads = [64, 256].map((connections) => ({
      ...{ name: `report, ${connections} connections`, requests, expects: 204, connections },
    }))
    return figureTable(await compare(testbed, workloads))
  },
}

async function begin({ db }: Testbed, { tenant_id, size }: Fleet, deployment_id: string) {
  await db.query(sql`
    insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, status, created,
      attempt_begun, device_type, request, artifact_id, image)
    select d.tenant_id, d.id, d.id, p.id, p.created, 'pending', now(), true, 'gateway',
      '{"artifact_name": "factory"}', 'a', '{"size": 1}'
    from devices d join deployments p on p.tenant_id = d.tenant_id where d.tenant_id = ${tenant_id}`)
  await db.query(sql`
    update deployment_progress set device_count = ${size}, pending = ${size}
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id}`)
}
