import { readdir, readFile } from 'node:fs/promises'

/** The worker processes of a primary process. */
export async function workersOf(primary: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [stat = '', command = ''] = await Promise.all(['stat', 'cmdline'].map((name) => readProc(pid, name)))
      return stat.split(') ')[1]?.split(' ')[1] === String(primary) && command.includes('worker.')
    }),
  )
  return pids.filter((_, i) => found[i])
}

/** A zombie has ended; only its parent has not waited for it yet. */
export const isRunning = async (pid: number) => {
  const stat = await readProc(pid, 'stat')
  return stat !== '' && !stat.split(') ')[1]?.startsWith('Z')
}

const readProc = (pid: number, name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')
