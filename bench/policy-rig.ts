import { logIn, type Manager, openManager } from '../src/client/manager.ts'
import { sql } from '../src/db/sql.ts'
import { makeRelease, RELEASE } from './kit/rollout.ts'
import { ADMINISTRATOR, type Testbed } from './kit/testbed.ts'
import { savedFilter } from './saved-filters.ts'

/** A part of the usual sizes, to try a bench. */
export const SCALE = Number(process.env.BENCH_SCALE ?? 1)

const V2 = '/api/management/v2/deployments/deployments'

/** The default tenant of the testbed, whose administrator gives the orders. */
export type Rig = { testbed: Testbed; manager: Manager; tenant_id: string }

export async function openRig(testbed: Testbed): Promise<Rig> {
  const token = await logIn(testbed.muster, ADMINISTRATOR)
  const tenant = await testbed.db.first<{ tenant_id: string }>(sql`select tenant_id from tenants where is_default`)
  const tenant_id = tenant?.tenant_id ?? ''
  await makeRelease(testbed, tenant_id)
  return { testbed, manager: openManager({ url: testbed.muster.url, token }), tenant_id }
}

/** Deploys to the devices with this value of the attribute `wave`. Returns the ID of the deployment. */
export async function deploy({ manager }: Rig, wave: number, rules: object): Promise<string> {
  const filter_id = await savedFilter({ manager }, [
    { scope: 'inventory', attribute: 'wave', type: '$eq', value: wave },
  ])
  const body = { name: 'bench', artifact_name: RELEASE, filter_id, ...rules }
  const { status, headers, body: answer } = await manager.post(V2, body)
  if (status !== 201) throw new Error(`The deployment was refused: ${JSON.stringify(answer)}`)
  return String(headers.location).split('/').at(-1) as string
}

/** Gives an order for a deployment, and returns the time until its response in milliseconds. */
export async function timeOrder({ manager }: Rig, path: string, body: object = {}): Promise<number> {
  const begun = performance.now()
  const { status, body: answer } = await manager.post(`${V2}/${path}`, body)
  if (status >= 300) throw new Error(`${path} was refused: ${JSON.stringify(answer)}`)
  return performance.now() - begun
}

const TIME_ZONE = { attribute: 'timezone', scope: 'inventory', fallback: 'UTC' }

/** Every rule that decides offers; none of them stops a device that claims. */
export const RULES = {
  failure_policy: { max_failures: 100_000, timeout_minutes: 120 },
  ...{ confirm_within_minutes: 60, max_in_flight: 1_000_000, offers_per_minute: 1_000_000, order: 'random' },
  exclude: { device_ids: ['another'] },
  ...{ windows: [{ from: '00:00', to: '24:00' }], time_zone: TIME_ZONE },
  blackouts: [{ from: '2020-12-20', to: '2020-12-31' }],
}
