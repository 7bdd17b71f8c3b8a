import { type SimulatedDevice, simulateDevice } from '../../src/simulate/simulated-device.ts'
import { type Api, openApi } from './api.ts'

export async function signInAsAdministrator(url: string): Promise<Api> {
  const login = await openApi(url).post('/api/management/v1/useradm/auth/login', undefined, {
    authorization: `Basic ${btoa('admin@example.com:administrator')}`,
  })
  return openApi(url, login.text)
}

/** The device at another server, with its token. */
export function at(url: string, { identity, token }: SimulatedDevice): SimulatedDevice {
  const device = simulateDevice({ url, identity })
  device.token = token
  return device
}

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
