import type { Bench } from './benches.ts'
import { type DdiFleet, makeDdiFleet } from './kit/ddi-fleet.ts'
import { type Fleet, makeLargeFleet, makeTenant, times, vacuum } from './kit/fleet.ts'
import { requestText } from './kit/load.ts'
import { HELLO, measure, summarize, type Workload } from './kit/measure.ts'
import { figureTable } from './kit/table.ts'
import type { Testbed } from './kit/testbed.ts'
import { idlePoll } from './poll.ts'

const FEW = 1000
const MANY = 100_000
const TABLES = 'tenants, devices, auth_sets, device_identities, ddi_devices, gateway_tokens'

/** The idle poll of devices that speak DDI, beside that of devices that speak Mender's protocol. */
export const ddi: Bench = {
  summary: 'the idle poll by DDI, compared with that by Mender',
  run: (testbed) =>
    comparePolls(
      testbed,
      FEW,
      times(FEW, (index) => index),
    ),
}

/** The same in a larger fleet: devices poll in random order and rarely. */
export const ddiLarge: Bench = {
  summary: `the idle poll by DDI, compared with that by Mender, with ${MANY.toLocaleString('en')} devices`,
  long: true,
  run: (testbed) =>
    comparePolls(
      testbed,
      MANY,
      times(MANY, () => Math.floor(Math.random() * MANY)),
    ),
}

/** Two tables: relative to a bare Fastify, and to Mender's poll in the same rounds. */
async function comparePolls(testbed: Testbed, size: number, order: readonly number[]): Promise<string> {
  const mender = await makeLargeFleet(testbed, { tenant_id: await makeTenant(testbed), size })
  const workloads = workloadsOf(mender, await makeDdiFleet(testbed, size), order)
  await vacuum(testbed, TABLES)
  const samples = await measure(testbed, workloads, size === FEW ? {} : { warm_up_ms: 15_000 })
  const relativeTo = (baseline: string) =>
    figureTable([...samples].map(([name, own]) => summarize(name, own, samples.get(baseline) ?? [])))
  return `${relativeTo(HELLO)}\n\nRelative to ${workloads[0]?.name}:\n\n${relativeTo(workloads[0]?.name ?? HELLO)}`
}

const workloadsOf = (mender: Fleet, fleet: DdiFleet, order: readonly number[]): [Workload, ...Workload[]] => [
  { name: 'Mender, GET next', requests: order.map((i) => idlePoll(mender.token(i))), expects: 204 },
  {
    name: 'DDI, target tokens',
    requests: order.map((i) => ddiPoll(fleet, i, `TargetToken ${fleet.targetToken(i)}`)),
    expects: 200,
  },
  {
    name: 'DDI, gateway token',
    requests: order.map((i) => ddiPoll(fleet, i, `GatewayToken ${fleet.gateway_token}`)),
    expects: 200,
  },
]

const ddiPoll = ({ tenant_id, controllerId }: DdiFleet, index: number, authorization: string): string =>
  requestText('GET', `/${tenant_id}/controller/v1/${controllerId(index)}`, { authorization })
