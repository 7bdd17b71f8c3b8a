import type { Deployment } from '../../deployments/deployment.ts'
import { capacitiesOf, endedIn, progressText, sum, totalOf } from '../../texts/progress.ts'
import { type Counts, countTexts } from '../../texts/statuses.ts'
import { upcoming } from '../../texts/times.ts'
import { styled } from '../style.ts'

const BAR = 30

/** The progress for a terminal: a bar for each phase, and the totals if there are several phases. */
export function progressLines(deployment: Deployment, now: number): string[] {
  const phases = readPhases(deployment, now)
  const bars = phases.map(({ number, percent, opens, target, ...phase }) => {
    const state = opens ?? progressText(phase)
    return `  Phase ${number}  ${String(percent).padStart(3)} %  ${bar(phase.counts, target)}  ${state}`
  })
  const total = countTexts(deployment.statistics.status)
  return phases.length > 1 && total.length > 0 ? [...bars, `  Total: ${total.join(' · ')}`] : bars
}

/** The progress for a log: one line, which does not change unless the deployment does. */
export function progressLine(deployment: Deployment, now: number): string {
  const phases = readPhases(deployment, now).map(
    ({ number, opens, ...phase }) => `phase ${number}: ${opens ? 'waiting' : progressText({ ...phase, counts: {} })}`,
  )
  return [...phases, countTexts(deployment.statistics.status).join(' · ')].filter(Boolean).join('; ')
}

/** A deployment without phases is treated as one phase. */
function readPhases(deployment: Deployment, now: number) {
  const { dynamic, max_devices, device_count, finished, statistics } = deployment
  const total = totalOf(deployment)
  const capacities = deployment.phases ? capacitiesOf(deployment) : [dynamic && !max_devices ? undefined : total]
  const phases = deployment.phases ?? [{ batch_size: 100, device_count, statistics }]
  return phases.map((phase, i) => {
    const { device_count, statistics } = phase
    const capacity = capacities[i]
    const start = 'start_ts' in phase && phase.start_ts ? phase.start_ts : ''
    const isOpen = start === '' || Date.parse(start) <= now
    const opens = isOpen ? undefined : finished ? 'never opened' : `opens ${upcoming(start, now)}`
    const target = capacity ?? Math.max(device_count, phases.length === 1 ? total : 0)
    return {
      number: i + 1,
      percent: phase.batch_size,
      device_count,
      capacity,
      opens,
      target,
      counts: statistics.status,
    }
  })
}

/** The finished devices by outcome. The bar is full only once every target device has finished. */
function bar(counts: Counts, target: number): string {
  const cells = (count: number) => (target === 0 ? 0 : Math.floor((Math.min(count, target) * BAR) / target))
  const ended = cells(endedIn(counts))
  const good = cells(sum(counts, ['success', 'already-installed']))
  const failed = Math.min(ended - good, Math.ceil((sum(counts, ['failure']) * BAR) / Math.max(target, 1)))
  return [
    styled('green', '█'.repeat(good)),
    styled('red', '█'.repeat(failed)),
    styled('gray', '█'.repeat(ended - good - failed)),
    '░'.repeat(BAR - ended),
  ].join('')
}
