import { setTimeout as sleep } from 'node:timers/promises'
import type { Deployment } from '../../deployments/deployment.ts'
import type { Screen } from './screen.ts'

export type WatchOptions = { read: () => Promise<Deployment>; show: Screen; every_ms: number; signal: AbortSignal }

/** Shows a deployment until it is finished. Returns undefined if `signal` is aborted first. */
export async function watchDeployment({ read, show, every_ms, signal }: WatchOptions): Promise<Deployment | undefined> {
  while (!signal.aborted) {
    const deployment = await read()
    const finished = deployment.status === 'finished'
    show(deployment, { last: finished })
    if (finished) return deployment
    await sleep(every_ms, undefined, { signal }).catch(() => {})
  }
  return undefined
}
