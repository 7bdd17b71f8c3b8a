import { beforeAll, expect, test } from 'vitest'
import { bounded } from '../src/client/bounded.ts'
import { sql } from '../src/db/sql.ts'
import { useClockedPair } from './support/clocked-pair.ts'
import { abort, deploy, poll } from './support/deploy.ts'
import { type History, numberTransactions, openHistory, type Step } from './support/rollout-history.ts'
import { isFull } from './support/sample.ts'
import { type Fleet, makeTwins, shuffled, type Twin } from './support/twins.ts'

const pair = useClockedPair()
const ROUNDS = isFull ? 100 : 8
const SECOND = 1000
const MINUTE = 60 * SECOND

beforeAll(() => numberTransactions(pair.servers[0].env.db))

const fleet = (n: number) => makeTwins(pair.servers[0], pair, n)
const oneOf = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)]!
const upTo = (most: number) => 1 + Math.floor(Math.random() * most)

/** Moves the clock of both servers in steps, and does something at each. */
async function step(times: number, { longest_ms }: { longest_ms: number }, work: () => Promise<unknown>) {
  for (let i = 0; i < times; i++) {
    pair.advance(upTo(longest_ms))
    await work()
  }
}

type Asked = { at_ms: number; is_offered: boolean }

/** Polls at one of the servers or both; returns whether the device has got an offer. */
async function ask(twin: Twin, history: History): Promise<Asked> {
  const at_ms = pair.servers[0].env.now().getTime()
  const responses = await Promise.all((Math.random() < 0.5 ? twin : [oneOf(twin)]).map((device) => poll(device)))
  const is_offered = responses.some(({ status }) => status === 200)
  if (is_offered) await history.begun(twin[0]!.id)
  return { at_ms, is_offered }
}

const GATE = { success_percent: 60, of: 'ended', min_ended: 2, soak_minutes: 10 }

/** When the gate opens, by the ends of devices in their order, and how often its soak was interrupted before. */
function opening(steps: readonly Step[]): { opens_ms: number; interruptions: number } {
  const soak_ms = GATE.soak_minutes * MINUTE
  const counts = { succeeded: 0, ended: 0 }
  let held_since: number | undefined
  let interruptions = 0
  for (const { kind, phase_index, has_succeeded, at } of steps) {
    if (kind !== 'ended' || phase_index !== 0) continue
    const at_ms = Date.parse(at!)
    if (held_since !== undefined && held_since + soak_ms <= at_ms) break
    counts.ended++
    if (has_succeeded) counts.succeeded++
    const holds = counts.ended >= GATE.min_ended && counts.succeeded * 100 >= GATE.success_percent * counts.ended
    if (!holds && held_since !== undefined) interruptions++
    held_since = holds ? (held_since ?? at_ms) : undefined
  }
  return { opens_ms: held_since === undefined ? Number.POSITIVE_INFINITY : held_since + soak_ms, interruptions }
}

async function soak({ tenant, filter_id, twins }: Fleet) {
  const id = await deploy(tenant.api, { filter_id, phases: [{ batch_size: 50, gate: GATE }, {}] })
  const history = openHistory(pair.servers[0].env.db, id)
  const asked: Asked[] = []
  const waiting = new Set(twins)
  const working: Twin[] = []
  const pollSome = (twins: readonly Twin[]) =>
    bounded(10, twins, async (twin) => {
      const answer = await ask(twin, history)
      if (answer.is_offered) waiting.delete(twin)
      return answer
    })
  // The first phase takes half of the devices.
  await pollSome(twins)
  working.push(...shuffled(twins.filter((twin) => !waiting.has(twin))))
  expect(working).toHaveLength(twins.length / 2)
  await step(40, { longest_ms: 4 * MINUTE }, async () => {
    const reporting = working.splice(0, Math.random() < 0.6 ? 1 : 0)
    const [answers] = await Promise.all([
      pollSome(shuffled([...waiting]).slice(0, 4)),
      bounded(4, reporting, async (twin) => {
        await oneOf(twin).report(id, Math.random() < 0.65 ? 'success' : 'failure')
        await history.ended(twin[0]!.id)
      }),
    ])
    asked.push(...answers)
  })
  return { id, asked, steps: await history.steps() }
}

test(`a phase takes no device before the gate has held for the whole soak, in ${ROUNDS} rounds`, async () => {
  const made = await fleet(40)
  let opened = 0
  let interrupted = 0
  // Which rounds have an interruption is chance.
  for (let round = 0; round < ROUNDS || (interrupted === 0 && round < 5 * ROUNDS); round++) {
    const { id, asked, steps } = await soak(made)
    const { opens_ms, interruptions } = opening(steps)
    interrupted += interruptions
    const joined = steps.filter(({ kind, phase_index }) => kind === 'begun' && phase_index === 1)
    for (const { at } of joined) expect(Date.parse(at!)).toBeGreaterThanOrEqual(opens_ms)
    // The first poll afterwards gets an offer.
    for (const { at_ms, is_offered } of asked) if (at_ms >= opens_ms) expect(is_offered).toBe(true)
    if (joined.length > 0) {
      opened++
      const phase = await pair.servers[0].env.db.first<{ gate_opened_at: string }>(sql`
        select gate_opened_at from deployment_phases where deployment_id = ${id} and phase_index = 0`)
      expect(Date.parse(phase!.gate_opened_at)).toBe(opens_ms)
    }
    await abort(made.tenant.api, id)
  }
  expect(opened).toBeGreaterThan(0)
  expect(interrupted).toBeGreaterThan(0)
}, 600_000)

test('no 60 seconds have more offers than a minute may have, and as many are made', async () => {
  const { tenant, filter_id, twins } = await fleet(120)
  const limit = 20
  const id = await deploy(tenant.api, { filter_id, offers_per_minute: limit, retries: 100 })
  const history = openHistory(pair.servers[0].env.db, id)
  const waiting = new Set(twins)
  const offersIn = async (length_ms: number) => {
    const times = (await history.steps()).filter(({ kind }) => kind === 'begun').map(({ at }) => Date.parse(at!))
    return times.map((from) => times.filter((time) => time >= from && time < from + length_ms).length)
  }
  const askAll = async () => {
    const asking = shuffled([...waiting]).slice(0, limit + 5)
    await bounded(10, asking, async (twin) => {
      // Both would write the row for another attempt, and only the first begins it.
      const response = await poll(oneOf(twin))
      if (response.status !== 200) return
      await history.begun(twin[0]!.id)
      if (Math.random() < 0.5 && waiting.size > limit + 5) waiting.delete(twin)
      else await oneOf(twin).report(id, 'failure')
      await history.ended(twin[0]!.id)
    })
    const recent = await pair.servers[0].env.db.first<{ offers: number }>(sql`
      select sum((recent ->> 1)::int)::int as offers from deployment_progress, jsonb_array_elements(recent_offers) recent
      where deployment_id = ${id}`)
    return recent?.offers
  }
  // The clock moves between steps, too: an offer may become possible after the last device has asked.
  await step(isFull ? 200 : 40, { longest_ms: 9 * SECOND }, () => expect.poll(askAll, { timeout: 180_000 }).toBe(limit))
  const offers = await offersIn(MINUTE)
  expect(Math.max(...offers)).toBe(limit)
}, 600_000)
