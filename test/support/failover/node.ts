import { execFileSync } from 'node:child_process'
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startProgram } from '../../clients/program-group.ts'
import { fileOf, type Machine } from './recipe.ts'

/** The PostgreSQL of a machine and its Patroni. */
export type Node = AsyncDisposable & {
  /** The URL of the REST API of Patroni. */
  rest: string
  start(): Promise<void>
  /** Kill -9 of both at once, as a machine that fails. */
  kill(): Promise<void>
}

export async function makeNode(parent: string, machines: readonly Machine[], machine: Machine): Promise<Node> {
  const { uid, gid } = postgresAccount()
  const dir = join(parent, machine.name)
  await mkdir(dir, { mode: 0o700 })
  const configuration = join(dir, 'config.yml')
  const text = fileOf('/etc/patroni/config.yml', machines, machine)
  await writeFile(configuration, text.replaceAll(/\/var\/(lib\/postgresql(\/15)?|run\/postgresql)/g, dir))
  for (const path of [dir, configuration]) await chown(path, uid, gid)
  const as_postgres = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--pdeathsig', 'KILL']
  let patroni: AsyncDisposable | undefined
  const kill = async () => {
    const pid = await postmasterOf(join(dir, 'muster'))
    const ended = patroni?.[Symbol.asyncDispose]()
    if (pid) process.kill(pid, 'SIGKILL')
    await ended
    patroni = undefined
  }
  return {
    ...{ rest: `http://127.0.0.1:${machine.ports.get('8008')}`, kill },
    start: async () => {
      patroni = await startProgram(dir, [...as_postgres, 'patroni', configuration], { env: { TMPDIR: '/tmp' } })
    },
    [Symbol.asyncDispose]: kill,
  }
}

/** Undefined: none is running. The number in the file may be that of another process by now. */
async function postmasterOf(data_dir: string): Promise<number | undefined> {
  const [pid = ''] = (await readFile(join(data_dir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return pid !== '' && command.includes(data_dir) ? Number(pid) : undefined
}

/** That of Debian's PostgreSQL, which does not run as root. */
function postgresAccount(): { uid: number; gid: number } {
  const numberOf = (option: string) => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }))
  return { uid: numberOf('--user'), gid: numberOf('--group') }
}
