import { setTimeout as sleep } from 'node:timers/promises'
import type { RootResource } from '../ddi-device.ts'
import { FAILURE_LOG } from '../run-update.ts'
import type { Behaviour, SendRequest } from './device.ts'
import type { Fleet } from './fleet.ts'

/** One cycle of a device that speaks DDI: it polls, and does what the answer asks for. */
export async function runDdiCycle(send: SendRequest, fleet: Fleet, index: number, behaviour: Behaviour) {
  if (fleet.installing.has(index)) return
  const { tenant, gateway_token, attributes, device_type } = behaviour
  const authorization = `GatewayToken ${gateway_token}`
  const path = `/${encodeURIComponent(tenant)}/controller/v1/${fleet.serial(index)}`
  const response = await send('poll', { method: 'GET', path, authorization }, [200])
  if (response?.status !== 200) return
  const { configData, cancelAction, deploymentBase } = (response.body as RootResource)._links
  if (configData) {
    const body = { data: { ...attributes, device_type }, mode: 'merge' }
    await send('inventory', { method: 'PUT', path: `${path}/configData`, authorization, body }, [200])
  }
  const link = cancelAction ?? deploymentBase
  if (!link) return
  const { pathname, search } = new URL(link.href)
  const report = async (execution: string, finished: string, details: readonly string[] = []) => {
    const body = { status: { execution, result: { finished }, details } }
    const message = { method: 'POST', path: `${pathname}/feedback`, authorization, body }
    return (await send('status', message, [200, 404, 410]))?.status === 200
  }
  fleet.installing.add(index)
  try {
    const shown = await send('action', { method: 'GET', path: pathname + search, authorization }, [200, 404])
    if (shown?.status !== 200) return
    if (cancelAction) await report('closed', 'success')
    else await install(report, behaviour)
  } finally {
    fleet.installing.delete(index)
  }
}

type Report = (execution: string, finished: string, details?: readonly string[]) => Promise<boolean>

/** Reports every step but does not download: that would measure the network. */
async function install(report: Report, { failure_rate, step_ms }: Behaviour) {
  for (const step of ['Downloading.', 'Installing.']) {
    if (!(await report('proceeding', 'none', [step]))) return
    await sleep(step_ms, undefined, { ref: false })
  }
  if (Math.random() < failure_rate) await report('closed', 'failure', FAILURE_LOG)
  else await report('closed', 'success')
}
