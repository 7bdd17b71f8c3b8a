import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { blocksIn } from '../../clients/document-blocks.ts'
import { freePort } from '../balancer.ts'

// The files that docs/failover.md shows, for several machines that are all this one.

const DOCUMENT = join(import.meta.dirname, '..', '..', '..', 'docs', 'failover.md')
const FIRST = 'db1'
const ADDRESS = /192\.0\.2\.1(\d):(\d+)/g

/** A machine of the document, with the ports of this one that stand for its own. */
export type Machine = { name: string; ports: ReadonlyMap<string, number> }

export async function makeMachines(): Promise<Machine[]> {
  return Promise.all(
    ['db1', 'db2', 'db3'].map(async (name) => {
      const ports = new Map<string, number>()
      for (const port of ['2379', '2380', '5432', '8008']) ports.set(port, await freePort())
      return { name, ports }
    }),
  )
}

/** A file as it is on one of the machines, with the addresses and ports of this one. */
export function fileOf(path: string, machines: readonly Machine[], { name }: Pick<Machine, 'name'>): string {
  const own = (line: string) =>
    isOwn.test(line) ? line.replaceAll(FIRST, name).replace(ADDRESS, `192.0.2.1${name.slice(2)}:$2`) : line
  return contentOf(path)
    .split('\n')
    .map(own)
    .join('\n')
    .replace(/(192\.0\.2\.1\d:5432 port) 8008/g, (server, rest) => `${rest} ${restPortOf(server, machines)}`)
    .replace(ADDRESS, (_, number, port) => `127.0.0.1:${machines[Number(number) - 1]!.ports.get(port)}`)
    .replaceAll('192.0.2.0/24', '127.0.0.1/32')
}

/** Lines that differ from machine to machine. */
const isOwn = /^ETCD_(?!INITIAL_CLUSTER=)|^name: |^ +(listen|connect_address): /

const restPortOf = (server: string, machines: readonly Machine[]) =>
  machines[Number(/1(\d):/.exec(server)?.[1]) - 1]!.ports.get('8008')

function contentOf(path: string): string {
  const files = blocksIn(readFileSync(DOCUMENT, 'utf8')).flatMap((block) => (block.kind === 'file' ? [block] : []))
  const found = files.find((file) => file.path === path)
  if (!found) throw new Error(`docs/failover.md does not show ${path}.`)
  return found.content
}
