import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProgram } from '../../clients/program-group.ts'
import { freePort } from '../balancer.ts'
import { run } from '../run-statement.ts'
import { startEtcd } from './etcd.ts'
import { makeNode, type Node } from './node.ts'
import { fileOf, type Machine, makeMachines } from './recipe.ts'

/** A primary and its synchronous standby under Patroni, with three members of etcd, behind haproxy. */
export type Cluster = AsyncDisposable & {
  /** Of a new database at the primary, by way of haproxy. */
  url: string
  /** Waits until there is a primary and a synchronous standby. */
  settle(): Promise<void>
  /** Kill -9 of the primary and its Patroni. Returns a function that starts Patroni there again. */
  killPrimary(): Promise<() => Promise<void>>
}

export async function startCluster(): Promise<Cluster> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-failover-'))
  await chmod(dir, 0o755)
  const closers: AsyncDisposable[] = []
  const close = async () => {
    for (const one of closers.reverse()) await one[Symbol.asyncDispose]()
    await rm(dir, { recursive: true, force: true })
  }
  try {
    const machines = await makeMachines()
    closers.push(await startEtcd(dir, machines))
    const nodes = await Promise.all(machines.slice(0, 2).map((machine) => makeNode(dir, machines, machine)))
    closers.push(...nodes)
    for (const node of nodes) await node.start()
    const settle = () => until('a primary and a synchronous standby', () => isSettled(nodes))
    await settle()
    const haproxy = await startHaproxy(dir, machines)
    closers.push(haproxy)
    const url = (user: string, database: string) => `postgres://${user}@127.0.0.1:${haproxy.port}/${database}`
    const administrator = url('postgres:postgres-password', 'postgres')
    // Until its first checks have failed, haproxy takes the standby for a primary, too.
    for (const statement of [
      `create role muster login password 'muster-password'`,
      'create database muster owner muster',
    ])
      await until('the primary behind haproxy', () => run(administrator, statement).then(() => true))
    const killPrimary = async () => {
      const primary = (await primaryOf(nodes))!
      await primary.kill()
      return primary.start
    }
    return { url: url('muster:muster-password', 'muster'), settle, killPrimary, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

const WITHIN_MS = 120_000

async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + WITHIN_MS; !(await is().catch(() => false)); ) {
    if (Date.now() > deadline) throw new Error(`There is no sign of ${what} after ${WITHIN_MS / 1000} s.`)
    await new Promise((wake) => setTimeout(wake, 200))
  }
}

async function primaryOf(nodes: readonly Node[]): Promise<Node | undefined> {
  const answers = await Promise.all(nodes.map(({ rest }) => fetch(`${rest}/primary`).catch(() => undefined)))
  return nodes.find((_, i) => answers[i]?.status === 200)
}

async function isSettled(nodes: readonly Node[]): Promise<boolean> {
  const primary = await primaryOf(nodes)
  if (!primary) return false
  const { members } = (await (await fetch(`${primary.rest}/cluster`)).json()) as { members: { role: string }[] }
  return members.some(({ role }) => role === 'sync_standby')
}

async function startHaproxy(dir: string, machines: readonly Machine[]) {
  const port = await freePort()
  const file = join(dir, 'haproxy.cfg')
  await writeFile(file, fileOf('/etc/haproxy/haproxy.cfg', machines, machines[0]!).replace(':5000', `:${port}`))
  return { port, ...(await startProgram(join(dir, 'haproxy'), ['haproxy', '-db', '-f', file])) }
}
