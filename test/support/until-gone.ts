import { expect } from 'vitest'
import { enrolDevices } from '../../src/simulate/enrol.ts'
import { type SimulatedDevice, simulateDevice } from '../../src/simulate/simulated-device.ts'
import { type Api, openApi } from './api.ts'
import { gatewayOf } from './ddi.ts'
import { enrolDdiDevices } from './ddi-device.ts'
import { type DeploymentOf, ddiTwin, isDdi } from './ddi-twin.ts'

export async function signInAsAdministrator(url: string): Promise<Api> {
  const login = await openApi(url).post('/api/management/v1/useradm/auth/login', undefined, {
    authorization: `Basic ${btoa('admin@example.com:administrator')}`,
  })
  return openApi(url, login.text)
}

/** The device at another server, with its token. */
export function at(url: string, known: SimulatedDevice): SimulatedDevice {
  if (isDdi(known)) return known.at(url)
  const device = simulateDevice({ url, identity: known.identity })
  device.token = known.token
  return device
}

/** Accepted devices that match the filter of the test; every third speaks DDI. */
export async function enrolMixed(url: string, api: Api, n: number): Promise<SimulatedDevice[]> {
  const ddi = await enrolTwins(url, api, Math.floor(n / 3))
  const mender = Array.from({ length: n - ddi.length }, (_, i) => simulateDevice({ url, identity: { mac: String(i) } }))
  await enrolDevices(api, mender, () => ({ foo: 'foo' }))
  return [...mender, ...ddi]
}

async function enrolTwins(url: string, api: Api, count: number): Promise<SimulatedDevice[]> {
  const attributes = () => ({ foo: 'foo', device_type: 'qemux86-64' })
  const tenant = 'DEFAULT'
  const authorization = await gatewayOf({ api })
  const deploymentOf: DeploymentOf = async (device_id, action_id) => {
    const { action } = (await api.get(`/api/management/v2/ddi/devices/${device_id}`)).body
    return action?.id === action_id ? action.deployment_id : undefined
  }
  const enrolled = await enrolDdiDevices({ url, api, tenant, authorization, count, attributes })
  return enrolled.map((one) => ddiTwin(one, { url, tenant, deploymentOf }))
}

export const expectNoViolations = (devices: readonly SimulatedDevice[]): void =>
  expect(devices.filter(isDdi).flatMap(({ violations }) => violations)).toEqual([])

/** Repeats each work until the server is gone. */
export function startLoad(works: readonly (() => Promise<void>)[]): { end(): Promise<void> } {
  let running = true
  const loops = works.map(async (work) => {
    while (running) {
      try {
        await work()
      } catch {
        // The server is gone: the requests in flight were not acknowledged.
        return
      }
    }
  })
  return {
    end: async () => {
      running = false
      await Promise.all(loops)
    },
  }
}
