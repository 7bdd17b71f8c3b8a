import { sql } from '../src/db/sql.ts'
import { whole } from '../src/texts/numbers.ts'
import type { Bench } from './benches.ts'
import { ATTRIBUTES, type Fleet, makeFleet, makeTenant, times, vacuum } from './kit/fleet.ts'
import { requestText } from './kit/load.ts'
import { compare, type Figure, median, type Sample, sample, summarize } from './kit/measure.ts'
import { makeDeployment } from './kit/rollout.ts'
import { figureTable } from './kit/table.ts'
import type { Testbed } from './kit/testbed.ts'
import { timeOrders } from './policy-orders.ts'
import { deploy, openRig, type Rig, RULES, SCALE } from './policy-rig.ts'
import { idlePoll } from './poll.ts'

const WAVES = 5
const WAVE = Math.round(10_000 * SCALE)
/** Percent of a wave that the first phase takes. */
const SHARE = 80
const CAPACITY = Math.floor((WAVE * SHARE) / 100)
const CONNECTIONS = 512
const IDLE_DEVICES = 1000
const DAY_MS = 24 * 60 * 60 * 1000

/** Claims and idle polls with all rules of a rollout, compared with those without, and orders for large rollouts. */
export const policies: Bench = {
  summary: `rollouts that stop themselves: ${whole(WAVE)} devices claim with all rules, orders for large rollouts`,
  long: true,
  async run(testbed) {
    const rig = await openRig(testbed)
    return [await compareClaims(rig), await comparePolls(rig), await timeOrders(rig)].join('\n\n')
  },
}

/** `wave`: the attribute that filters match. */
const attributesOf = (wave: ReturnType<typeof sql>) => sql`
  jsonb_set(jsonb_set(${ATTRIBUTES}, '{inventory,wave}', to_jsonb(${wave})), '{inventory,timezone}',
    to_jsonb((array['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'UTC'])[1 + n.i % 4]))`

/** In each round one wave of devices claims a deployment without rules, and another one a deployment with all. */
async function compareClaims(rig: Rig): Promise<string> {
  const { testbed } = rig
  const common = { size: WAVES * WAVE, attributes: attributesOf(sql`n.i / ${WAVE}::int`) }
  const plain = await makeFleet(testbed, { tenant_id: await makeTenant(testbed), ...common })
  const ruled = await makeFleet(testbed, { tenant_id: rig.tenant_id, ...common })
  await vacuum(testbed)
  await testbed.load.addRequests('hello', [requestText('GET', '/')])
  const phases = [{ batch_size: SHARE, gate: { success_percent: 95, soak_minutes: 60 } }, {}]
  const hello: Sample[] = []
  const without: Sample[] = []
  const all: Sample[] = []
  for (let wave = 0; wave < WAVES; wave++) {
    await makeDeployment(testbed, plain.tenant_id, { wave, capacity: CAPACITY })
    await deploy(rig, wave, { ...RULES, phases })
    const bare = { requests: 'hello', connections: 64, ms: 1000, port: testbed.hello.port }
    hello.push(await sample(testbed, bare, [200]))
    const turns = [
      async () => without.push(await claimWave(testbed, plain, wave)),
      async () => all.push(await claimWave(testbed, ruled, wave)),
    ]
    for (const turn of wave % 2 === 0 ? turns : turns.reverse()) await turn()
  }
  const ratio = median(all.map(({ per_second }, i) => per_second / without[i]!.per_second))
  return [
    figureTable([
      summarize('bare Fastify', hello, hello),
      summarize('claims without rules', without, hello),
      summarize('claims with all rules', all, hello),
    ]),
    `Claims with all rules: ${ratio.toFixed(2)} of those without; the median of ${WAVES} waves.`,
  ].join('\n\n')
}

/** Each device of the wave polls once. Returns the offers per second. */
async function claimWave(testbed: Testbed, fleet: Fleet, wave: number): Promise<Sample> {
  const requests = `${fleet.tenant_id}, wave ${wave}`
  await testbed.load.addRequests(
    requests,
    times(WAVE, (i) => idlePoll(fleet.token(wave * WAVE + i))),
  )
  const job = { requests, connections: CONNECTIONS, port: testbed.muster.port }
  const one = await sample(testbed, job, [200, 204])
  const granted = one.statuses[200] ?? 0
  if (granted !== CAPACITY) throw new Error(`${granted} devices instead of ${CAPACITY} got an offer.`)
  return { ...one, per_second: (one.per_second * granted) / WAVE }
}

/** Devices outside of their window poll like devices without a deployment. */
async function comparePolls(rig: Rig): Promise<string> {
  const { testbed } = rig
  const [wave, from] = [-1, WAVES * WAVE]
  const common = { size: IDLE_DEVICES, attributes: attributesOf(sql`${wave}::int`) }
  const idle = await makeFleet(testbed, { tenant_id: await makeTenant(testbed), ...common })
  const outside = await makeFleet(testbed, { tenant_id: rig.tenant_id, from, ...common })
  // Longer than the bench runs, in every time zone.
  const blackouts = [{ from: '2020-01-01', to: new Date(Date.now() + 7 * DAY_MS).toISOString().slice(0, 10) }]
  await deploy(rig, wave, { ...RULES, blackouts })
  await vacuum(testbed)
  const requestsOf = (fleet: Fleet) => times(IDLE_DEVICES, (i) => idlePoll(fleet.token(i)))
  const figures = await compare(testbed, [
    { name: 'polls without a deployment', requests: requestsOf(idle), expects: 204 },
    { name: 'polls outside of the window', requests: requestsOf(outside), expects: 204 },
  ])
  const [, without, closed] = figures as [Figure, Figure, Figure]
  const ratio = closed.ratio / without.ratio
  return `${figureTable(figures)}\n\nPolls outside of the window: ${ratio.toFixed(2)} of those without a deployment.`
}
