import type { Bench } from './benches.ts'
import { makeFleet, makeTenant, times, vacuum } from './kit/fleet.ts'
import { requestText } from './kit/load.ts'
import { compare } from './kit/measure.ts'
import { figureTable } from './kit/table.ts'
import { idlePoll } from './poll.ts'

const ATTRIBUTES = '/api/devices/v1/inventory/device/attributes'
const DEVICES = 2000
const PASSES = 10

const report = (changes: Record<string, string>) =>
  Object.entries({
    ...Object.fromEntries(times(20, (i) => [`fact_${i}`, `a value of usual length, number ${i}`])),
    ...{ device_type: 'gateway', artifact_name: 'factory', region: 'region-1', ...changes },
  }).map(([name, value]) => ({ name, value }))

/** Devices send their whole inventory at every start and every few hours; usually it is unchanged. */
export const inventory: Bench = {
  summary: 'inventory of 24 attributes, unchanged, and with one or two values changed at every report',
  async run(testbed) {
    const tenant_id = await makeTenant(testbed)
    const [unchanging, changing] = [
      await makeFleet(testbed, { tenant_id, size: DEVICES }),
      await makeFleet(testbed, { tenant_id, size: DEVICES, from: DEVICES }),
    ]
    const put = (token: string, changes: Record<string, string>) =>
      requestText('PUT', ATTRIBUTES, { token, body: report(changes) })
    const unchanged = times(DEVICES, (i) => put(unchanging.token(i), {}))
    const changed = times(PASSES, (pass) =>
      times(DEVICES, (i) => put(changing.token(i), { uptime: `${pass} hours`, free_memory: `${i + pass} MB` })),
    ).flat()
    const polls = times(DEVICES, (i) => idlePoll(unchanging.token(i)))
    await vacuum(testbed)
    return figureTable(
      await compare(testbed, [
        { name: 'idle poll', requests: polls, expects: 204 },
        { name: 'PUT, unchanged', requests: unchanged, expects: 200 },
        { name: 'PUT, changed', requests: changed, expects: 200 },
      ]),
    )
  },
}
