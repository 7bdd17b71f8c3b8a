import { counted } from '../../texts/numbers.ts'
import { type Command, optional, several, UsageError, type Values, wholeNumber } from '../command.ts'
import { readInterval } from '../interval.ts'
import { urlOrDefault } from '../remote/connection.ts'
import { untilSignal } from '../signals.ts'
import { readAttribute } from './attribute.ts'
import { DIALECT_OPTIONS, readDialects } from './dialect.ts'
import { runDevice } from './run-devices.ts'

const MAX_COUNT = 2000

export const simulateDevicesCommand: Command = {
  summary: 'Run simulated devices until Ctrl-C',
  help: `
  --count COUNT           number of devices (10)
  --dialect DIALECT       mender, ddi, or mixed: every second device speaks DDI (mender)
  --device-type TYPE      device type (simulated)
  --attribute NAME=VALUE  attribute to report; may be given several times
  --failure-rate RATE     share of installations that fail, 0 to 1 (0)
  --interval DURATION     time between polls, such as 30s or 5m; a bare number is in seconds (1s; of devices
                          that speak DDI: what the server asks for)
  --tenant-token TOKEN    tenant of devices that speak Mender's protocol (the default tenant)
  --tenant TENANT         tenant of devices that speak DDI, by name or ID (DEFAULT, the default tenant)
  --gateway-token TOKEN   gateway token of devices that speak DDI
  --url URL               server URL (MUSTER_URL, or http://127.0.0.1:8080)

The devices request authentication until they are accepted, then poll. Each run creates new devices. Those that speak
DDI download what they are offered, and check its size and hashes.`,
  options: {
    ...{ count: { type: 'string' }, 'device-type': { type: 'string' }, 'tenant-token': { type: 'string' } },
    ...{ attribute: { type: 'string', multiple: true }, 'failure-rate': { type: 'string' }, url: { type: 'string' } },
    ...{ ...DIALECT_OPTIONS, interval: { type: 'string' } },
  },
  async run(values) {
    const count = wholeNumber(values, 'count', 1) ?? 10
    if (count > MAX_COUNT) throw new UsageError(`--count must be at most ${MAX_COUNT}`)
    const stop = new AbortController()
    const options = { ...readBehaviour(values), url: urlOrDefault(values), stop: stop.signal }
    const stopped = untilSignal().then(() => stop.abort())
    console.log(`${counted(count, 'simulated device')} connecting to ${options.url}. Press Ctrl-C to stop.`)
    const running = Array.from({ length: count }, (_, index) => runDevice(options, index))
    await Promise.race([stopped, Promise.all(running)]).finally(() => stop.abort())
    return 0
  },
}

function readBehaviour(values: Values) {
  const device_type = optional(values, 'device-type') ?? 'simulated'
  const failure_rate = Number(optional(values, 'failure-rate') ?? 0)
  if (!(failure_rate >= 0 && failure_rate <= 1)) throw new UsageError('--failure-rate must be a number from 0 to 1')
  const attributes = Object.fromEntries(several(values, 'attribute').map(readAttribute))
  const tenant_token = optional(values, 'tenant-token') ?? ''
  const interval_ms = optional(values, 'interval') === undefined ? undefined : readInterval(values, 'interval', '1s')
  return { device_type, failure_rate, attributes, tenant_token, interval_ms, dialects: readDialects(values) }
}
