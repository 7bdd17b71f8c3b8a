import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { runUpdate } from '../../simulate/run-update.ts'
import { simulateDevice } from '../../simulate/simulated-device.ts'
import { counted } from '../../texts/numbers.ts'
import { type Command, optional, several, UsageError, type Values, wholeNumber } from '../command.ts'
import { urlOrDefault } from '../remote/connection.ts'
import { untilSignal } from '../signals.ts'
import { readAttribute } from './attribute.ts'

const POLL_MS = 1000
const STEP_MS = 300
const MAX_COUNT = 2000

export const simulateDevicesCommand: Command = {
  summary: 'Run simulated devices until Ctrl-C',
  help: `
  --count COUNT           number of devices (10)
  --device-type TYPE      device type (simulated)
  --attribute NAME=VALUE  attribute to report; may be given several times
  --failure-rate RATE     share of installations that fail, 0 to 1 (0)
  --tenant-token TOKEN    tenant of the devices (the default tenant)
  --url URL               server URL (MUSTER_URL, or http://127.0.0.1:8080)

The devices request authentication until they are accepted, then poll every second. Each run creates new devices.`,
  options: {
    ...{ count: { type: 'string' }, 'device-type': { type: 'string' }, 'tenant-token': { type: 'string' } },
    ...{ attribute: { type: 'string', multiple: true }, 'failure-rate': { type: 'string' }, url: { type: 'string' } },
  },
  async run(values) {
    const count = wholeNumber(values, 'count', 1) ?? 10
    if (count > MAX_COUNT) throw new UsageError(`--count must be at most ${MAX_COUNT}`)
    const stop = new AbortController()
    const options = { ...readBehaviour(values), url: urlOrDefault(values), stop: stop.signal }
    const stopped = untilSignal().then(() => stop.abort())
    console.log(`${counted(count, 'simulated device')} connecting to ${options.url}. Press Ctrl-C to stop.`)
    await Promise.race([stopped, Promise.all(Array.from({ length: count }, () => runDevice(options)))]).finally(() =>
      stop.abort(),
    )
    return 0
  },
}

function readBehaviour(values: Values) {
  const device_type = optional(values, 'device-type') ?? 'simulated'
  const failure_rate = Number(optional(values, 'failure-rate') ?? 0)
  if (!(failure_rate >= 0 && failure_rate <= 1)) throw new UsageError('--failure-rate must be a number from 0 to 1')
  const attributes = Object.fromEntries(several(values, 'attribute').map(readAttribute))
  return { device_type, failure_rate, attributes, tenant_token: optional(values, 'tenant-token') ?? '' }
}

type DeviceRun = ReturnType<typeof readBehaviour> & { url: string; stop: AbortSignal }

/** Authenticates, then polls. If the server is unavailable or rejects the device, it authenticates again later. */
async function runDevice({ url, tenant_token, device_type, failure_rate, attributes, stop }: DeviceRun): Promise<void> {
  const device = simulateDevice({ url, tenant_token, identity: { serial: randomUUID() } })
  const provides = { artifact_name: 'factory', device_type }
  const fails = () => Math.random() < failure_rate
  while (!stop.aborted) {
    try {
      if (!device.token && (await device.requestAuth()).status === 200)
        await device.sendInventory({ ...attributes, ...provides })
      const before = provides.artifact_name
      if (device.token) await runUpdate(device, { provides, fails, step_ms: STEP_MS, call: 'post_v2' })
      if (provides.artifact_name !== before) await device.sendInventory({ ...attributes, ...provides })
    } catch {
      device.token = undefined
    }
    await sleep(POLL_MS * (0.5 + Math.random()), undefined, { signal: stop }).catch(() => {})
  }
}
