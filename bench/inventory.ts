import type { Bench } from './benches.ts'
import { makeFleet, makeTenant, settle, times } from './kit/fleet.ts'
import { requestText } from './kit/load.ts'
import { compare } from './kit/measure.ts'
import { figureTable } from './kit/table.ts'
import { idlePoll } from './poll.ts'

const ATTRIBUTES = '/api/devices/v1/inventory/device/attributes'
const DEVICES = 2000
const PASSES = 10

const report = (changing: Record<string, string>) =>
  Object.entries({
    ...Object.fromEntries(times(20, (i) => [`fact_${i}`, `a value of usual length, number ${i}`])),
    ...{ device_type: 'gateway', artifact_name: 'factory', region: 'region-1', ...changing },
  }).map(([name, value]) => ({ name, value }))

/** Devices send everything at every start and every few hours; mostly it is what they sent before. */
export const inventory: Bench = {
  summary: 'inventory of 24 attributes, unchanged, and with one or two values changed at every report',
  async run(stand) {
    const tenant_id = await makeTenant(stand)
    const [still, moving] = [
      await makeFleet(stand, { tenant_id, size: DEVICES }),
      await makeFleet(stand, { tenant_id, size: DEVICES, from: DEVICES }),
    ]
    const put = (token: string, changing: Record<string, string>) =>
      requestText('PUT', ATTRIBUTES, { token, body: report(changing) })
    const unchanged = times(DEVICES, (i) => put(still.token(i), {}))
    const changed = times(PASSES, (pass) =>
      times(DEVICES, (i) => put(moving.token(i), { uptime: `${pass} hours`, free_memory: `${i + pass} MB` })),
    ).flat()
    const polls = times(DEVICES, (i) => idlePoll(still.token(i)))
    await settle(stand)
    return figureTable(
      await compare(stand, [
        { name: 'idle poll', requests: polls, expects: 204 },
        { name: 'PUT, unchanged', requests: unchanged, expects: 200 },
        { name: 'PUT, changed', requests: changed, expects: 200 },
      ]),
    )
  },
}
