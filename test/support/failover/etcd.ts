import { join } from 'node:path'
import { startProgram } from '../../clients/program-group.ts'
import { fileOf, type Machine } from './recipe.ts'

/** A member on each machine, with a directory below `dir`. */
export async function startEtcd(dir: string, machines: readonly Machine[]): Promise<AsyncDisposable> {
  const members: AsyncDisposable[] = []
  for (const machine of machines) {
    const lines = fileOf('/etc/default/etcd', machines, machine).trim().split('\n')
    const settings = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)))
    const own = join(dir, `etcd-${machine.name}`)
    members.push(await startProgram(own, ['etcd'], { env: { ...settings, ETCD_DATA_DIR: join(own, 'data') } }))
  }
  return {
    [Symbol.asyncDispose]: async () => {
      for (const member of members) await member[Symbol.asyncDispose]()
    },
  }
}
