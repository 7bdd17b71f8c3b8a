import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { logIn, type Manager, openManager } from '../src/client/manager.ts'
import { sql } from '../src/db/sql.ts'
import { whole } from '../src/texts/numbers.ts'
import type { Bench } from './benches.ts'
import { times } from './kit/fleet.ts'
import { median } from './kit/measure.ts'
import { makeRelease, RELEASE } from './kit/rollout.ts'
import { table } from './kit/table.ts'
import { ADMINISTRATOR, type Testbed } from './kit/testbed.ts'

const PATH = '/api/management/v1/deployments/deployments'
const ROUNDS = 9

/** Creation of static deployments that list their devices, compared with one SQL statement that stores such a list. */
export const listed: Bench = {
  summary: 'Creation of deployments to listed devices',
  async run(testbed) {
    const { db, muster } = testbed
    const tenant = await db.first<{ tenant_id: string }>(sql`select tenant_id from tenants where is_default`)
    const tenant_id = tenant?.tenant_id ?? ''
    await makeRelease(testbed, tenant_id)
    const manager = openManager({ url: muster.url, token: await logIn(muster, ADMINISTRATOR) })
    await db.query(sql`create table bench_list (tenant_id text, ids jsonb)`)
    const rows = [
      await measure(testbed, manager, { size: 10_000, rounds: ROUNDS }),
      await measure(testbed, manager, { size: 100_000, rounds: 3 }),
    ]
    return table(['listed devices', 'created in', 'a list stored by SQL in', 'most memory of the server'], rows)
  },
}

type Plan = { size: number; rounds: number }

async function measure({ db, muster }: Testbed, manager: Manager, { size, rounds }: Plan): Promise<string[]> {
  const [created, stored]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    const devices = times(size, () => randomUUID())
    created.push(
      await timed(async () => {
        const response = await manager.post(PATH, { name: 'bench', artifact_name: RELEASE, devices })
        if (response.status !== 201) throw new Error(`${PATH} returned status ${response.status}: ${response.body}`)
      }),
    )
    const list = JSON.stringify(devices)
    stored.push(await timed(() => db.query(sql`insert into bench_list values (${randomUUID()}, ${list})`)))
  }
  return [whole(size), ms(created), ms(stored), `${peakMebibytes(muster.pid)} MiB`]
}

const ms = (values: readonly number[]) => `${median(values).toFixed(0)} ms`

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

const peakMebibytes = (pid: number) =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
