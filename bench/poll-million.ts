import type { Bench } from './benches.ts'
import { makeFleet, makeLargeFleet, makeTenant, times, vacuum } from './kit/fleet.ts'
import { compare } from './kit/measure.ts'
import { figureTable } from './kit/table.ts'
import { idlePoll } from './poll.ts'

const FEW = 1000
const MILLION = 1_000_000
/** The number of distinct polls: more than the token cache holds. */
const POLLS = 100_000

/** The idle poll in a large fleet: devices poll in random order and rarely. */
export const pollMillion: Bench = {
  summary: 'the idle poll, with 1,000 and with 1,000,000 devices',
  long: true,
  async run(testbed) {
    const tenant_id = await makeTenant(testbed)
    const all = await makeLargeFleet(testbed, { tenant_id, size: MILLION })
    const few = await makeFleet(testbed, { tenant_id: await makeTenant(testbed), size: FEW })
    const randomPoll = () => idlePoll(all.token(Math.floor(Math.random() * MILLION)))
    const workloads = [
      { name: '1,000 devices', requests: times(FEW, (i) => idlePoll(few.token(i))), expects: 204 },
      { name: '1,000,000 devices', requests: times(POLLS, randomPoll), expects: 204 },
    ]
    await vacuum(testbed)
    return figureTable(await compare(testbed, workloads, { warm_up_ms: 15_000 }))
  },
}
