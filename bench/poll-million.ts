import type { Bench } from './benches.ts'
import { makeFleet, makeLargeFleet, makeTenant, settle, times } from './kit/fleet.ts'
import { compare } from './kit/measure.ts'
import { figureTable } from './kit/table.ts'
import { idlePoll } from './poll.ts'

const FEW = 1000
const MILLION = 1_000_000
/** As many of the million ask: more than any memory of tokens holds. */
const ASKING = 100_000

/** The idle poll in a large fleet: its devices ask in no order, and seldom. */
export const pollMillion: Bench = {
  summary: 'the idle poll, with 1,000 and with 1,000,000 devices',
  long: true,
  async run(stand) {
    const tenant_id = await makeTenant(stand)
    const all = await makeLargeFleet(stand, tenant_id, MILLION)
    const few = await makeFleet(stand, { tenant_id: await makeTenant(stand), size: FEW })
    const someone = () => idlePoll(all.token(Math.floor(Math.random() * MILLION)))
    const ways = [
      { name: '1,000 devices', requests: times(FEW, (i) => idlePoll(few.token(i))), expects: 204 },
      { name: '1,000,000 devices', requests: times(ASKING, someone), expects: 204 },
    ]
    await settle(stand)
    return figureTable(await compare(stand, ways, { warm_up_ms: 15_000 }))
  },
}
