import { sql } from '../src/db/sql.ts'
import type { Bench } from './benches.ts'
import { ATTRIBUTES, makeFleet, makeTenant, settle, times } from './kit/fleet.ts'
import { requestText } from './kit/load.ts'
import { median, type Sample, sample, summarize } from './kit/measure.ts'
import { makeDeployment } from './kit/rollout.ts'
import type { Stand } from './kit/stand.ts'
import { figureTable, table } from './kit/table.ts'
import { idlePoll } from './poll.ts'

const WAVES = 5
const WAVE = 10_000
const CAPACITY = 8000
const CONNECTIONS = 512

/** Every device of a wave asks once, all for the one open phase, which has fewer places. */
export const claims: Bench = {
  summary: `${WAVE.toLocaleString('en')} devices ask for the ${CAPACITY.toLocaleString('en')} places of one phase`,
  async run(stand) {
    const tenant_id = await makeTenant(stand)
    const attributes = sql`jsonb_set(${ATTRIBUTES}, '{inventory,wave}', to_jsonb(n.i / ${WAVE}::int))`
    const fleet = await makeFleet(stand, { tenant_id, size: WAVES * WAVE, attributes })
    await settle(stand)
    await stand.load.learn('hello', [requestText('GET', '/')])
    const hello: Sample[] = []
    const samples: Sample[] = []
    const granted: number[] = []
    const counted: number[] = []
    for (let wave = 0; wave < WAVES; wave++) {
      const requests = `wave ${wave}`
      await stand.load.learn(
        requests,
        times(WAVE, (i) => idlePoll(fleet.token(wave * WAVE + i))),
      )
      const id = await makeDeployment(stand, tenant_id, { wave, capacity: CAPACITY })
      hello.push(await sample(stand, { requests: 'hello', connections: 64, ms: 1000, port: stand.hello.port }, [200]))
      const one = await sample(stand, { requests, connections: CONNECTIONS, port: stand.muster.port }, [200, 204])
      samples.push({ ...one, per_second: (one.per_second * (one.statuses[200] ?? 0)) / WAVE })
      granted.push(one.statuses[200] ?? 0)
      counted.push(await countRows(stand, tenant_id, id))
    }
    return [
      figureTable([summarize('bare Fastify', hello, hello), summarize('claims', samples, hello)]),
      table(['offers in each wave', 'rows in each wave'], [[granted.join(', '), counted.join(', ')]]),
      `Median of ${WAVES} waves, ${CONNECTIONS} connections; ${median(granted).toLocaleString('en')} of ${WAVE.toLocaleString('en')} got an offer.`,
    ].join('\n\n')
  },
}

const countRows = async ({ db }: Stand, tenant_id: string, deployment_id: string) =>
  (
    await db.first<{ count: number }>(sql`
      select count(*) from device_deployments where tenant_id = ${tenant_id} and deployment_id = ${deployment_id}`)
  )?.count ?? 0
