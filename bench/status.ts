import { sql } from '../src/db/sql.ts'
import type { Bench } from './benches.ts'
import { type Fleet, makeFleet, makeTenant, settle, times } from './kit/fleet.ts'
import { requestText } from './kit/load.ts'
import { compare } from './kit/measure.ts'
import { makeDeployment } from './kit/rollout.ts'
import type { Stand } from './kit/stand.ts'
import { figureTable } from './kit/table.ts'

const DEVICES = 4000
/** Never what the device said last, so that each is written. */
const STEPS = ['downloading', 'installing', 'rebooting']

/** Every report changes its row, and is committed to disk before it is answered. */
export const status: Bench = {
  summary: 'status reports, each a durable change of its device deployment',
  async run(stand) {
    const tenant_id = await makeTenant(stand)
    const fleet = await makeFleet(stand, { tenant_id, size: DEVICES })
    const deployment_id = await makeDeployment(stand, tenant_id, {})
    await begin(stand, fleet, deployment_id)
    const path = `/api/devices/v1/deployments/device/deployments/${deployment_id}/status`
    const requests = STEPS.flatMap((status) =>
      times(DEVICES, (i) => requestText('PUT', path, { token: fleet.token(i), body: { status } })),
    )
    await settle(stand, 'tenants, devices, auth_sets, device_deployments')
    const ways = [64, 256].map((connections) => ({
      ...{ name: `report, ${connections} connections`, requests, expects: 204, connections },
    }))
    return figureTable(await compare(stand, ways))
  },
}

async function begin({ db }: Stand, { tenant_id, size }: Fleet, deployment_id: string) {
  await db.query(sql`
    insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, status, created, attempt_begun,
      device_type, request, artifact_id, image)
    select d.tenant_id, d.id, d.id, p.id, p.created, 'pending', now(), true, 'gateway', '{"artifact_name": "factory"}', 'a', '{"size": 1}'
    from devices d join deployments p on p.tenant_id = d.tenant_id where d.tenant_id = ${tenant_id}`)
  await db.query(sql`
    update deployment_progress set device_count = ${size}, pending = ${size}
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id}`)
}
