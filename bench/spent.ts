import { cpuSeconds } from './artifact-server.ts'

/** Seconds that some work took, by the clock and of one process's computing. */
export type Spent = { wall: number; cpu: number }

export async function spent(pid: number, work: () => Promise<unknown>): Promise<Spent> {
  const [cpu, wall] = [cpuSeconds(pid), performance.now()]
  await work()
  return { wall: (performance.now() - wall) / 1000, cpu: cpuSeconds(pid) - cpu }
}
