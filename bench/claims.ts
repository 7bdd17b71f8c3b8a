import { sql } from '../src/db/sql.ts'
import { whole } from '../src/texts/numbers.ts'
import type { Bench } from './benches.ts'
import { ATTRIBUTES, makeFleet, makeTenant, times, vacuum } from './kit/fleet.ts'
import { requestText } from './kit/load.ts'
import { median, type Sample, sample, summarize } from './kit/measure.ts'
import { makeDeployment } from './kit/rollout.ts'
import { figureTable, table } from './kit/table.ts'
import type { Testbed } from './kit/testbed.ts'
import { idlePoll } from './poll.ts'

const WAVES = 5
const WAVE = 10_000
const CAPACITY = 8000
const CONNECTIONS = 512

/** Every device of a wave polls once. All compete for the one open phase, whose capacity is smaller than the wave. */
export const claims: Bench = {
  summary: `${whole(WAVE)} devices claim one phase with a capacity of ${whole(CAPACITY)}`,
  async run(testbed) {
    const tenant_id = await makeTenant(testbed)
    const attributes = sql`jsonb_set(${ATTRIBUTES}, '{inventory,wave}', to_jsonb(n.i / ${WAVE}::int))`
    const fleet = await makeFleet(testbed, { tenant_id, size: WAVES * WAVE, attributes })
    await vacuum(testbed)
    await testbed.load.addRequests('hello', [requestText('GET', '/')])
    const hello: Sample[] = []
    const samples: Sample[] = []
    const granted: number[] = []
    const counted: number[] = []
    for (let wave = 0; wave < WAVES; wave++) {
      const requests = `wave ${wave}`
      await testbed.load.addRequests(
        requests,
        times(WAVE, (i) => idlePoll(fleet.token(wave * WAVE + i))),
      )
      const id = await makeDeployment(testbed, tenant_id, { wave, capacity: CAPACITY })
      hello.push(
        await sample(testbed, { requests: 'hello', connections: 64, ms: 1000, port: testbed.hello.port }, [200]),
      )
      const one = await sample(testbed, { requests, connections: CONNECTIONS, port: testbed.muster.port }, [200, 204])
      if (!one.statuses[200]) throw new Error('No device got an offer.')
      samples.push({ ...one, per_second: (one.per_second * (one.statuses[200] ?? 0)) / WAVE })
      granted.push(one.statuses[200] ?? 0)
      counted.push(await countRows(testbed, tenant_id, id))
    }
    return [
      figureTable([summarize('bare Fastify', hello, hello), summarize('claims', samples, hello)]),
      table(['offers in each wave', 'rows in each wave'], [[granted.join(', '), counted.join(', ')]]),
      `Median of ${WAVES} waves, ${CONNECTIONS} connections; ${whole(median(granted))} of ${whole(WAVE)} got an offer.`,
    ].join('\n\n')
  },
}

const countRows = async ({ db }: Testbed, tenant_id: string, deployment_id: string) =>
  (
    await db.first<{ count: number }>(sql`
      select count(*) from device_deployments where tenant_id = ${tenant_id} and deployment_id = ${deployment_id}`)
  )?.count ?? 0
