import { setTimeout as sleep } from 'node:timers/promises'
import type { Deployment } from '../../client/api.ts'
import type { Screen } from './screen.ts'

export type WatchOptions = {
  read: () => Promise<Deployment>
  show: Screen
  every_ms: number
  signal: AbortSignal
  /** Whether to stop watching; by default once it is finished. */
  ends?: (deployment: Deployment) => boolean
}

const isFinished = ({ status }: Deployment): boolean => status === 'finished'

/** Shows a deployment until `ends`, and returns it then. Returns undefined if `signal` is aborted first. */
export async function watchDeployment(options: WatchOptions): Promise<Deployment | undefined> {
  const { read, show, every_ms, signal, ends = isFinished } = options
  while (!signal.aborted) {
    const deployment = await read()
    const last = ends(deployment)
    show(deployment, { last })
    if (last) return deployment
    await sleep(every_ms, undefined, { signal }).catch(() => {})
  }
  return undefined
}
