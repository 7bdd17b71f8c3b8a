import type { Deployment } from '../../deployments/deployment.ts'
import type { DeviceItem } from './requests.ts'

const BAR = 30

/** The rollout for a terminal: a bar for each phase, and the counters that are not 0. */
export function progressLines(deployment: Deployment, now: number): string[] {
  const bars = readPhases(deployment, now).map(({ number, percent, asked, capacity, waits_s }) => {
    const state = waits_s > 0 ? `opens in ${waits_s} s` : `${asked} of ${capacity} devices`
    return `  Phase ${number}  ${String(percent).padStart(3)} %  ${bar(asked / capacity)}  ${state}`
  })
  return [...bars, `  ${counters(deployment) || 'nobody has asked yet'}`]
}

/** The same for a log: one line, the same again while nothing but the time has changed. */
export function progressLine(deployment: Deployment, now: number): string {
  const phases = readPhases(deployment, now).map(({ number, asked, capacity, waits_s }) =>
    waits_s > 0 ? `phase ${number} waits` : `phase ${number} ${asked} of ${capacity}`,
  )
  return `${phases.join(', ')}: ${counters(deployment) || 'nobody has asked yet'}`
}

/** What happened, a line for each way it can end. */
export function summaryLines(devices: readonly DeviceItem[], outside: number): string[] {
  const count = (status: string, attempts?: number) =>
    devices.filter((item) => item.status === status && (attempts ?? item.attempts) === item.attempts).length
  const lines: [number, string][] = [
    [count('success', 1), 'updated at the first attempt'],
    [count('success', 2), 'failed, tried again, and updated'],
    [count('failure'), 'failed after 2 attempts: their logs tell why'],
    [count('noartifact'), 'no artifact: the release has none for their device type'],
    [count('already-installed'), 'ran the release already'],
    [outside, 'outside the filter: never offered'],
  ]
  return lines.filter(([number]) => number > 0).map(([number, what]) => `${String(number).padStart(6)}  ${what}`)
}

function readPhases({ phases = [], max_devices = 0 }: Deployment, now: number) {
  const early = phases.slice(0, -1).map(({ batch_size }) => Math.floor((batch_size * max_devices) / 100))
  const rest = max_devices - early.reduce((sum, capacity) => sum + capacity, 0)
  return phases.map(({ batch_size, start_ts, device_count }, i) => ({
    number: i + 1,
    percent: batch_size,
    asked: device_count,
    capacity: early[i] ?? rest,
    waits_s: start_ts ? Math.ceil((Date.parse(start_ts) - now) / 1000) : 0,
  }))
}

const counters = ({ statistics }: Deployment): string =>
  Object.entries(statistics.status)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${status} ${count}`)
    .join('   ')

function bar(share: number): string {
  const full = Math.round(Math.min(1, share) * BAR)
  return '█'.repeat(full) + '░'.repeat(BAR - full)
}
