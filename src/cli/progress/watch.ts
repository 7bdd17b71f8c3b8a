import { setTimeout as sleep } from 'node:timers/promises'
import type { Deployment } from '../../deployments/deployment.ts'
import type { Screen } from './screen.ts'

export type Watching = { look: () => Promise<Deployment>; show: Screen; every_ms: number; signal: AbortSignal }

/** Shows a deployment until it is finished; undefined where `signal` came first. */
export async function watchDeployment({ look, show, every_ms, signal }: Watching): Promise<Deployment | undefined> {
  while (!signal.aborted) {
    const deployment = await look()
    const finished = deployment.status === 'finished'
    show(deployment, { last: finished })
    if (finished) return deployment
    await sleep(every_ms, undefined, { signal }).catch(() => {})
  }
  return undefined
}
