import type { Bench } from './benches.ts'
import { makeFleet, makeTenant, settle, times } from './kit/fleet.ts'
import { compare } from './kit/measure.ts'
import { figureTable } from './kit/table.ts'
import { idlePoll } from './poll.ts'

const FEW = 1000
const MILLION = 1_000_000
const CHUNK = 100_000
/** As many of the million ask: more than any memory of tokens holds. */
const ASKING = 100_000

/** The idle poll in a large fleet: its devices ask in no order, and seldom. */
export const pollMillion: Bench = {
  summary: 'the idle poll, with 1,000 and with 1,000,000 devices',
  long: true,
  async run(stand) {
    const tenant_id = await makeTenant(stand)
    let from = 0
    for (; from < MILLION; from += CHUNK) await makeFleet(stand, { tenant_id, size: CHUNK, from })
    const few = await makeFleet(stand, { tenant_id: await makeTenant(stand), size: FEW })
    const all = await makeFleet(stand, { tenant_id, size: 0, from: 0 })
    const someone = () => idlePoll(all.token(Math.floor(Math.random() * MILLION)))
    const ways = [
      { name: '1,000 devices', requests: times(FEW, (i) => idlePoll(few.token(i))), expects: 204 },
      { name: '1,000,000 devices', requests: times(ASKING, someone), expects: 204 },
    ]
    await settle(stand)
    return figureTable(await compare(stand, ways, { warm_up_ms: 15_000 }))
  },
}
