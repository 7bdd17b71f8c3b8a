import { batched } from '../../db/batch.ts'
import { partitionByMachine, runsAtATime } from '../../db/citus/shards.ts'
import { unlessDistributed } from '../../db/citus/unless-distributed.ts'
import { type Env, nowText } from '../../env.ts'
import { requireAttributes } from '../attribute.ts'
import { requireWritten, type ScopeWrite, toRows, type WriteOutcome } from './scope-write.ts'
import { writeDistributed } from './write-distributed.ts'
import { writeInOneStatement } from './write-in-one-statement.ts'

/**
 * Writes all of the attributes or throws; a write that changes nothing updates no row. Returns the `device_version`
 * after the write.
 */
export async function writeScope(env: Env, write: ScopeWrite): Promise<number> {
  requireAttributes(write.attributes)
  const outcome = await writeBatched(env, write)
  requireWritten(outcome)
  return outcome.device_version
}

const writeBatched = batched<Env, ScopeWrite, WriteOutcome>(writeInRounds, {
  maxSize: 100,
  maxInFlight: runsAtATime,
  partition: partitionByMachine,
  name: 'inventory',
})

/** One statement can change a device only once: of several writes to one device, each round takes the next. */
async function writeInRounds(env: Env, writes: ScopeWrite[]): Promise<WriteOutcome[]> {
  const outcomes: WriteOutcome[] = new Array(writes.length)
  let remaining = writes.map((write, at) => ({ write, at }))
  while (remaining.length > 0) {
    const round = new Map<string, (typeof remaining)[number]>()
    const later: typeof remaining = []
    for (const one of remaining) {
      const key = `${one.write.tenant_id}/${one.write.device_id}`
      if (round.has(key)) later.push(one)
      else round.set(key, one)
    }
    const current = [...round.values()]
    const written = await writeRound(
      env,
      current.map(({ write }) => write),
    )
    current.forEach(({ at }, i) => {
      outcomes[at] = written[i]
    })
    remaining = later
  }
  return outcomes
}

async function writeRound(env: Env, writes: ScopeWrite[]): Promise<WriteOutcome[]> {
  const batch = { now: nowText(env), rows: toRows(writes), devices: writes }
  const outcomes = await unlessDistributed(env, {
    whole: () => writeInOneStatement(env.db, batch),
    distributed: () => env.db.transaction((tx) => writeDistributed(tx, batch)),
  })
  const byPosition = new Map(outcomes.map((outcome) => [outcome.at, outcome]))
  return writes.map((_, at) => byPosition.get(at))
}
