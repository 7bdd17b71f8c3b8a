import { readdirSync, readFileSync } from 'node:fs'

// The kernel reports these times in units of 1 / USER_HZ, which is 100 on every architecture.
const MS_PER_TICK = 10

/** CPU time used so far, in ms; 0 if the system does not report it. */
export const cpuOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const [, , , , , , , , , , , user = 0, system = 0, childUser = 0, childSystem = 0] = statOf(pid)
    return sum + (Number(user) + Number(system) + Number(childUser) + Number(childSystem)) * MS_PER_TICK
  }, 0)

/** A process and its children. */
export function familyOf(pid: number): number[] {
  const all = readdirOrEmpty('/proc').filter((name) => /^\d+$/.test(name))
  return [pid, ...all.map(Number).filter((child) => Number(statOf(child)[1]) === pid)]
}

/** The fields after the process name, which may contain any character: state, parent, ... */
function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

function readdirOrEmpty(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
