import type { Deployment } from '../../deployments/deployment.ts'

const BAR = 30

/** The rollout for a terminal: a bar for each phase, and the counters that are not 0. */
export function progressLines(deployment: Deployment, now: number): string[] {
  const bars = readPhases(deployment, now).map(({ number, percent, asked, capacity, opens }) => {
    const state = opens ?? `${asked}${capacity === null ? '' : ` of ${capacity}`} devices`
    const share = capacity === 0 ? 0 : asked / (capacity ?? Math.max(asked, 1))
    return `  Phase ${number}  ${String(percent).padStart(3)} %  ${bar(share)}  ${state}`
  })
  return [...bars, `  ${counters(deployment)}`]
}

/** The same for a log: one line, the same again while nothing but the time has changed. */
export function progressLine(deployment: Deployment, now: number): string {
  const phases = readPhases(deployment, now).map(({ number, asked, capacity, opens }) => {
    const state = opens ? 'waits' : `${asked}${capacity === null ? '' : ` of ${capacity}`}`
    return `phase ${number} ${state}`
  })
  return `${phases.join(', ')}: ${counters(deployment)}`
}

/** Without phases, all devices are in one. `capacity`: null where devices may still join. */
function readPhases(deployment: Deployment, now: number) {
  const { initial_device_count, dynamic, max_devices, device_count, finished } = deployment
  const phases = deployment.phases ?? [{ batch_size: 100, device_count, start_ts: undefined }]
  const early = phases.slice(0, -1).map(({ batch_size }) => Math.floor((batch_size * initial_device_count) / 100))
  const all = max_devices || (dynamic ? null : initial_device_count)
  const rest = all === null ? null : Math.max(0, all - early.reduce((sum, capacity) => sum + capacity, 0))
  return phases.map(({ batch_size, start_ts, device_count: asked }, i) => {
    const waits_s = start_ts ? Math.ceil((Date.parse(start_ts) - now) / 1000) : 0
    const opens = waits_s <= 0 ? undefined : finished ? 'never opened' : `opens in ${durationText(waits_s)}`
    return { number: i + 1, percent: batch_size, asked, capacity: early[i] ?? rest, opens }
  })
}

const counters = ({ statistics }: Deployment): string =>
  Object.entries(statistics.status)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${status} ${count}`)
    .join('   ') || 'nobody has asked yet'

function durationText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.ceil(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.ceil(seconds / 3600)} h` : `${Math.ceil(seconds / 86_400)} days`
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, share) * BAR)
  return '█'.repeat(full) + '░'.repeat(BAR - full)
}
