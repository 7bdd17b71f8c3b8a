import { startBalancer } from './balancer.ts'
import { type ServerProcess, startProcess } from './server-process.ts'

/** The URLs of two servers that a test races against each other. */
export type Rivals = AsyncDisposable & { urls: [string, string] }

/**
 * Two real servers on the same database. With MUSTER_TEST_SERVERS=3 both URLs lead to three servers in rotation, with
 * MUSTER_TEST_WORKERS=3 to one server with three workers.
 */
export async function startRivals(environment: Record<string, string>): Promise<Rivals> {
  const { MUSTER_TEST_SERVERS: servers = '', MUSTER_TEST_WORKERS: workers = '' } = process.env
  const start = (count: number) => Promise.all(Array.from({ length: count }, () => startProcess(environment)))
  if (workers) return rivalsOf([await startProcess({ ...environment, MUSTER_WORKERS: workers })])
  if (Number(servers) < 2) return rivalsOf(await start(2))
  const all = await start(Number(servers))
  const balancer = await startBalancer(all.map(({ url }) => url))
  return rivalsOf(all, balancer)
}

const rivalsOf = (all: ServerProcess[], by?: AsyncDisposable & { url: string }): Rivals => {
  const first = by?.url ?? all[0]!.url
  return {
    urls: [first, by?.url ?? all[1]?.url ?? first],
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map((one) => one.stop()))
      await by?.[Symbol.asyncDispose]()
    },
  }
}
