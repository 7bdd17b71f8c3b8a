import { randomUUID } from 'node:crypto'
import { enrolDevices } from '../../src/simulate/enrol.ts'
import {
  type AttributeValue,
  type DeviceOptions,
  type SimulatedDevice,
  simulateDevice,
} from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from './artifact.ts'
import type { TestServer, TestTenant } from './server.ts'

type Attributes = Record<string, AttributeValue>

/** A device of the tenant with a new identity and key, unknown to the server until its first auth request. */
export const newDevice = (
  server: Pick<TestServer, 'url'>,
  tenant: Pick<TestTenant, 'tenant_token'>,
  options: Partial<DeviceOptions> = {},
): SimulatedDevice =>
  simulateDevice({ url: server.url, tenant_token: tenant.tenant_token, identity: { mac: randomUUID() }, ...options })

/** `n` accepted devices with tokens; `attributes` is their inventory, the same for all or a function of the index. */
export async function enrol(
  server: Pick<TestServer, 'url'>,
  tenant: TestTenant,
  n: number,
  attributes: Attributes | ((i: number) => Attributes) = { device_type: 'qemux86-64', artifact_name: 'factory' },
): Promise<SimulatedDevice[]> {
  const devices = Array.from({ length: n }, () => newDevice(server, tenant))
  await enrolDevices(tenant.api, devices, typeof attributes === 'function' ? attributes : () => attributes)
  return devices
}

/** A new tenant with `release-1` and `n` accepted devices. */
export async function makeFleet(server: TestServer, n: number) {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const devices = await enrol(server, tenant, n)
  return { tenant, devices, ids: devices.map(({ id }) => id) }
}
