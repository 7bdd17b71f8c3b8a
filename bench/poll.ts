import { randomUUID } from 'node:crypto'
import { sql } from '../src/db/sql.ts'
import type { Bench } from './benches.ts'
import { makeFleet, makeTenant, times, vacuum } from './kit/fleet.ts'
import { requestText } from './kit/load.ts'
import { compare } from './kit/measure.ts'
import { figureTable } from './kit/table.ts'
import type { Testbed } from './kit/testbed.ts'

const NEXT = '/api/devices/v1/deployments/device/deployments/next?artifact_name=factory&device_type=gateway'
const NEXT_V2 = '/api/devices/v2/deployments/device/deployments/next'
const PROVIDES = { device_provides: { artifact_name: 'factory', device_type: 'gateway' } }
const DEVICES = 1000

export const idlePoll = (token: string): string => requestText('GET', NEXT, { token })

/** The idle poll without deployments, in the two versions of the request, and with deployments to other devices. */
export const poll: Bench = {
  summary: 'the idle poll, from 1 to 10,000 active deployments',
  async run(testbed) {
    const idle = await fleetWith(testbed, 0)
    const workloads = [
      { name: 'GET next, no deployment', requests: times(DEVICES, (i) => idlePoll(idle.token(i))) },
      {
        name: 'POST v2 next, no deployment',
        requests: times(DEVICES, (i) => requestText('POST', NEXT_V2, { token: idle.token(i), body: PROVIDES })),
      },
    ]
    for (const deployments of [1, 10_000]) {
      const fleet = await fleetWith(testbed, deployments)
      const name = `GET next, ${deployments.toLocaleString('en')} active`
      workloads.push({ name, requests: times(DEVICES, (i) => idlePoll(fleet.token(i))) })
    }
    await vacuum(testbed)
    return figureTable(
      await compare(
        testbed,
        workloads.map((workload) => ({ ...workload, expects: 204 })),
      ),
    )
  },
}

async function fleetWith(testbed: Testbed, deployments: number) {
  const tenant_id = await makeTenant(testbed)
  if (deployments > 0) await makeDeployments(testbed, tenant_id, deployments)
  return makeFleet(testbed, { tenant_id, size: DEVICES })
}

/** Dynamic deployments, each to the devices of a region without devices. */
async function makeDeployments({ db }: Testbed, tenant_id: string, count: number) {
  await db.query(sql`
    insert into deployments (tenant_id, id, name, artifact_name, created, dynamic, filter, initial_device_count)
    select ${tenant_id}, ${randomUUID().slice(0, 24)} || lpad(i::text, 12, '0'), 'elsewhere', 'release',
      now() + i * interval '1 ms', true,
      jsonb_build_object('terms', jsonb_build_array(
        jsonb_build_object('scope', 'inventory', 'attribute', 'region', 'type', '$eq', 'value', 'elsewhere-' || i))), 0
    from generate_series(1, ${count}::int) i`)
  await db.query(sql`
    insert into deployment_progress (tenant_id, deployment_id)
    select tenant_id, id from deployments where tenant_id = ${tenant_id}`)
}
