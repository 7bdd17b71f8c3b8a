import { expect } from 'vitest'
import { superviseRollouts } from '../../src/deployments/upkeep/supervise-rollouts.ts'
import type { Provides, SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from './artifact.ts'
import { enrol } from './device.ts'
import type { TestServer, TestTenant } from './server.ts'

/** How the installation of a release ends on the gateway with this index. After a silence it is not heard from again. */
export type Behavior = (
  release: string,
  index: number,
) => 'success' | 'failure' | 'silence' | 'success and then silence'

type Gateway = { device: SimulatedDevice; provides: Provides; index: number; is_silent: boolean }

export type Gateways = {
  /** Lets all gateways poll, install and report, in the order of their indexes, until there is nothing left to do. */
  settle(): Promise<void>
}

const RELEASES = ['release-1.0', 'release-2.0', 'release-2.1', 'release-2.2', 'release-2.3']
const LAB = 3
const BERLIN = 40
const CHICAGO = 60

const attributesOf = (index: number) => ({
  ...{ device_type: 'gateway', artifact_name: 'release-1.0', ring: index < LAB ? 'lab' : 'production' },
  timezone: index < LAB + BERLIN ? 'Europe/Berlin' : 'America/Chicago',
})

/** The fleet of docs/rollouts.md, and its releases. */
export async function enrolGateways(server: TestServer, tenant: TestTenant, behavior: Behavior): Promise<Gateways> {
  for (const name of RELEASES) await uploadTestArtifact(tenant.api, { name, device_types: ['gateway'] })
  const devices = await enrol(server, tenant, LAB + BERLIN + CHICAGO, attributesOf)
  const gateways: Gateway[] = devices.map((device, index) => ({
    ...{ device, index, is_silent: false },
    provides: { device_type: 'gateway', artifact_name: 'release-1.0' },
  }))
  return {
    async settle() {
      await superviseRollouts(server.env, new AbortController().signal)
      while (await installOnce(gateways, behavior));
    },
  }
}

type Offered = { gateway: Gateway; deployment_id: string; release: string }

/** One poll of each gateway; those with an offer install it side by side. Returns whether there was an offer. */
async function installOnce(gateways: readonly Gateway[], behavior: Behavior): Promise<boolean> {
  const offered: Offered[] = []
  for (const gateway of gateways.filter(({ is_silent }) => !is_silent)) {
    const { status, body } = await gateway.device.next(gateway.provides, 'post_v2')
    expect([200, 204]).toContain(status)
    if (status === 200) offered.push({ gateway, deployment_id: body.id, release: body.artifact.artifact_name })
  }
  for (const { gateway, deployment_id } of offered) await gateway.device.report(deployment_id, 'installing')
  for (const one of offered) await endInstallation(one, behavior(one.release, one.gateway.index))
  return offered.length > 0
}

async function endInstallation({ gateway, deployment_id, release }: Offered, ending: ReturnType<Behavior>) {
  gateway.is_silent = ending === 'silence' || ending === 'success and then silence'
  if (ending === 'silence') return
  const status = ending === 'failure' ? 'failure' : 'success'
  await gateway.device.report(deployment_id, status)
  if (status === 'success') gateway.provides.artifact_name = release
  else await gateway.device.sendLog(deployment_id, ['firmware.bin does not match its checksum'])
}
