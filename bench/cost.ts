import { cpuSeconds } from './artifact-server.ts'

/** Wall-clock time, and CPU time of one process, in seconds. */
export type Cost = { wall: number; cpu: number }

export async function costOf(pid: number, work: () => Promise<unknown>): Promise<Cost> {
  const [cpu, wall] = [cpuSeconds(pid), performance.now()]
  await work()
  return { wall: (performance.now() - wall) / 1000, cpu: cpuSeconds(pid) - cpu }
}
