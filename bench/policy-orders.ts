import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from '../src/db/sql.ts'
import { whole } from '../src/texts/numbers.ts'
import { type Fleet, makeLargeFleet, times, vacuum } from './kit/fleet.ts'
import { median } from './kit/measure.ts'
import { RELEASE } from './kit/rollout.ts'
import { table } from './kit/table.ts'
import { deploy, type Rig, RULES, SCALE, timeOrder } from './policy-rig.ts'
import { idlePoll } from './poll.ts'

const PAUSED = Math.round(300_000 * SCALE)
const TOUCHED = Math.round(100_000 * SCALE)
const ORDERS = 20
const ROUNDS = 3
/** No device has this value, so that only the rows exist that the bench inserts. */
const NO_WAVE = -2
/** The tenant has no other devices with these numbers. */
const FROM = 10_000_000

/** What people order for large rollouts, and what a policy does when all devices of one go silent. */
export async function timeOrders(rig: Rig): Promise<string> {
  const { testbed } = rig
  const fleet = await makeLargeFleet(testbed, { tenant_id: rig.tenant_id, size: PAUSED, first: FROM })
  await vacuum(testbed)
  const rows = [...(await timePauses(rig, fleet)), await timeRollbacks(rig, fleet), ...(await timeSilence(rig, fleet))]
  return table(['', 'median', 'longest'], rows)
}

const rowOf = (name: string, times_ms: readonly number[]) => [
  name,
  ...[median(times_ms), Math.max(...times_ms)].map((ms) => `${ms.toFixed(ms < 100 ? 1 : 0)} ms`),
]

async function timePauses(rig: Rig, fleet: Fleet): Promise<string[][]> {
  const { testbed } = rig
  const id = await deploy(rig, NO_WAVE, RULES)
  await insertRows(rig, { id, fleet, devices: PAUSED, status: 'installing' })
  const [pauses, resumes] = [[], []] as [number[], number[]]
  const order = async () => {
    pauses.push(await timeOrder(rig, `${id}/pause`))
    resumes.push(await timeOrder(rig, `${id}/resume`))
  }
  for (let i = 0; i < ORDERS; i++) await order()
  const quiet = [pauses.splice(0), resumes.splice(0)] as const
  await testbed.load.addRequests(
    'working',
    times(1000, (i) => idlePoll(fleet.token(i))),
  )
  const job = { requests: 'working', connections: 64, ms: ORDERS * 500, port: testbed.muster.port }
  const load = testbed.load.run(job)
  for (let i = 0; i < ORDERS; i++) {
    await sleep(200)
    await order()
  }
  await load
  const of = `a rollout of ${whole(PAUSED)} devices`
  return [
    ...[rowOf(`pause ${of}`, quiet[0]), rowOf(`resume ${of}`, quiet[1])],
    ...[rowOf('pause it while devices poll', pauses), rowOf('resume it while devices poll', resumes)],
  ]
}

async function timeRollbacks(rig: Rig, fleet: Fleet): Promise<string[]> {
  const taken: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const id = await deploy(rig, NO_WAVE, RULES)
    await insertRows(rig, { id, fleet, devices: TOUCHED, status: 'success' })
    taken.push(await timeOrder(rig, `${id}/rollback`, { artifact_name: RELEASE }))
  }
  return rowOf(`create a rollback of ${whole(TOUCHED)} devices`, taken)
}

/** From the first device that a server notices to the trip, and to the last device. */
async function timeSilence(rig: Rig, fleet: Fleet): Promise<string[][]> {
  const { db } = rig.testbed
  const { timeout_minutes } = RULES.failure_policy
  const id = await deploy(rig, NO_WAVE, { ...RULES, failure_policy: { max_failures: 1000, timeout_minutes } })
  await db.query(sql`delete from device_deployments where tenant_id = ${rig.tenant_id} and finished is null`)
  await insertRows(rig, { id, fleet, devices: TOUCHED, status: 'installing' })
  await db.query(sql`update device_deployments set deadline = now() where deployment_id = ${id}`)
  const state = async () =>
    (await db.first<{ left: number; has_tripped: boolean }>(sql`
      select p.trip is not null as has_tripped, (
        select count(*) from device_deployments where deployment_id = p.deployment_id and deadline is not null) as left
      from deployment_progress p where p.deployment_id = ${id}`))!
  const until = async (isReached: (now: Awaited<ReturnType<typeof state>>) => boolean) => {
    while (!isReached(await state())) await sleep(20)
    return performance.now()
  }
  const begun = await until(({ left }) => left < TOUCHED)
  const tripped = await until(({ has_tripped }) => has_tripped)
  const ended = await until(({ left }) => left === 0)
  return [
    rowOf('from the first silent device to the trip at 1,000', [tripped - begun]),
    rowOf(`from the first silent device to the last of ${whole(TOUCHED)}`, [ended - begun]),
  ]
}

type Rows = { id: string; fleet: Fleet; devices: number; status: 'installing' | 'success' }

/** As if the first devices of the fleet had got the update, and reported. */
async function insertRows({ testbed: { db }, tenant_id }: Rig, { id, fleet, devices, status }: Rows) {
  const has_ended = status === 'success'
  await db.query(sql`
    insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, status, created,
      started, finished, attempt_begun, attempt_since, device_type, request, artifact_id, image, deadline)
    select ${tenant_id}, left(${fleet.id(0)}, 24) || lpad((${FROM}::int + i)::text, 12, '0'), gen_random_uuid()::text,
      d.id, d.created, ${status}, now(), now(), case when ${has_ended} then now() end, true, now(), 'gateway',
      '{"device_type": "gateway", "artifact_name": "factory"}', 'bench', '{"size": 1000}',
      case when not ${has_ended} then now() + interval '2 hours' end
    from deployments d, generate_series(0, ${devices - 1}::int) i where d.tenant_id = ${tenant_id} and d.id = ${id}`)
  await db.query(sql`
    update deployment_progress set device_count = ${devices}, total_size = ${devices * 1000}, started = true,
      success = case when ${has_ended} then ${devices}::int else 0 end,
      installing = case when ${has_ended} then 0 else ${devices}::int end
    where tenant_id = ${tenant_id} and deployment_id = ${id}`)
  await vacuum({ db } as Rig['testbed'], 'device_deployments')
}
