import type { Deployment } from '../../client/api.ts'
import { capacitiesOf, endedIn, progressText, sum, totalOf } from '../../texts/progress.ts'
import { type Counts, countTexts } from '../../texts/statuses.ts'
import { upcoming } from '../../texts/times.ts'
import { styled } from '../style.ts'

const BAR = 30

/** The progress for a terminal: a bar for each phase, and the totals if there are several phases. */
export function progressLines(deployment: Deployment, now: number): string[] {
  const phases = readPhases(deployment, now)
  const bars = phases.map(({ number, share, opens, target, ...phase }) => {
    const state = opens ?? progressText(phase)
    return `  Phase ${number}  ${share.padStart(5)}  ${bar(phase.counts, target)}  ${state}`
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

type Phase = NonNullable<Deployment['phases']>[number]
type ShownPhase = Pick<Phase, 'batch_size' | 'device_count' | 'statistics'> & Partial<Phase>

/** A deployment without phases is treated as one phase. */
function readPhases(deployment: Deployment, now: number) {
  const { dynamic, max_devices, device_count, finished, statistics } = deployment
  const total = totalOf(deployment)
  const capacities = deployment.phases ? capacitiesOf(deployment) : [dynamic && !max_devices ? undefined : total]
  const only: ShownPhase = { batch_size: 100, device_count, statistics }
  const phases: readonly ShownPhase[] = deployment.phases ?? [only]
  return phases.map((phase, i) => {
    const { device_count, statistics } = phase
    const capacity = capacities[i]
    const start = phase.start_ts ?? ''
    const isOpen = start === '' || Date.parse(start) <= now
    const isHeld = (phases[i - 1]?.progress?.state ?? 'open') !== 'open'
    const waits = isOpen ? `waits for the gate of phase ${i}` : `opens ${upcoming(start, now)}`
    const opens = isOpen && !isHeld ? undefined : finished ? 'never opened' : waits
    const target = capacity ?? Math.max(device_count, phases.length === 1 ? total : 0)
    return {
      number: i + 1,
      share: phase.device_ids || phase.filter ? 'named' : `${phase.batch_size} %`,
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
