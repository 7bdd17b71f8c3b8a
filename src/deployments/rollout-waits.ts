import type { Filterable } from '../inventory/filter.ts'
import { counted, whole } from '../texts/numbers.ts'
import type { AttemptSoFar } from './attempt-text.ts'
import { waitsForDownload, waitsForQuietHours } from './download-waits.ts'
import type { Explanation } from './explanation.ts'
import type { OfferState } from './explanation-rules.ts'
import { gateOpensBy, isOpen, opensBy, type PhaseState } from './phase-state.ts'
import { type DevicePin, pinText } from './pin.ts'
import { inFlight, type Progress } from './progress.ts'
import type { NoCapacity } from './remaining-capacity.ts'
import type { RolloutRules } from './rollout/rules.ts'
import { zoneOf } from './rollout/schedule.ts'
import { gateProgress } from './rollout-state.ts'
import { gateText, tripText, withoutStop } from './rollout-texts.ts'
import { standingOf } from './standing.ts'
import { type Obstacle, obstacleOf } from './supervision.ts'

const iso = (ms: number) => new Date(ms).toISOString()

/** `until`: absent if that depends on devices or people. */
const untilOf = (ms: number) => (Number.isFinite(ms) ? { until: iso(ms) } : {})

/** What keeps a target device from its first offer, as decided by a claim. */
export function explainWait(device: Filterable, { reason, until_ms }: NoCapacity, state: OfferState): Explanation {
  const { progress, limits, pin, download } = state
  switch (reason) {
    case 'never':
      return { code: 'limit_reached', message: 'The deployment has reached its device limit.' }
    case 'pinned':
      return pinned(pin!)
    case 'paused':
      return { code: 'paused', message: pauseText(progress) }
    case 'later':
      return waitsForPhase(state)
    case 'quiet_hours':
      return waitsForQuietHours(device, limits!.quiet_hours!, until_ms)
    case 'window':
      return waitsForWindow(device, progress.rollout, until_ms)
    case 'in_flight':
    case 'rate':
      return waitsForLimit({ reason, until_ms }, progress, { waiting: progress.awaiting_retry })
    case 'downloads':
      return waitsForDownload(download!)
  }
}

const pinned = (pin: DevicePin): Explanation => ({
  ...{ code: 'pinned', message: `${pinText(pin)}.`, pin },
  ...(pin.not_before ? { until: pin.not_before } : {}),
})

function pauseText({ paused_by, pause_reason, paused_at, trip, phases }: Progress): string {
  if (trip && trip.resumed_at === undefined)
    return `The deployment has been paused since ${paused_at}: ${tripText(trip, phases.length)}`
  const reason = pause_reason ? `: ${withoutStop(pause_reason)}` : ''
  return `The deployment was paused by ${paused_by?.email ?? 'a user'} at ${paused_at}${reason}.`
}

function waitsForPhase({ progress: { phases }, fixed_phase, now }: OfferState): Explanation {
  const index =
    fixed_phase ?? phases.findIndex((phase, i) => !phase.is_fixed && opensBy(phases, i, now) > Date.parse(now))
  const next = phases[index]
  if (!next) return { code: 'waits_for_phase', message: 'Every phase is full.' }
  const { id, start_ts } = next
  const phase = { id, number: index + 1, ...(start_ts === null ? {} : { start_ts }) }
  const gate = closedGate(phases, index, now)
  if (gate !== undefined) return waitsForGate({ phases, gate, index, now, phase })
  const opens_ms = opensBy(phases, index, now)
  const opens = `opens at ${iso(opens_ms)}`
  const has_open = phases.some((one, i) => !one.is_fixed && isOpen(phases, i, now))
  const message =
    fixed_phase !== null
      ? `The device is in phase ${index + 1}, which ${opens}.`
      : `${has_open ? 'Every open phase is full; phase' : 'Phase'} ${index + 1} ${opens}.`
  return { ...{ code: 'waits_for_phase', message, phase }, ...untilOf(opens_ms) }
}

/** The first gate before a phase that is not open. */
function closedGate(phases: readonly PhaseState[], index: number, now: string): number | undefined {
  const closed = phases.findIndex(
    (phase, i) => i < index && phase.gate !== null && gateOpensBy(phases, i, now) > Date.parse(now),
  )
  return closed < 0 ? undefined : closed
}

type Closed = {
  phases: readonly PhaseState[]
  gate: number
  index: number
  now: string
  phase: NonNullable<Explanation['phase']>
}

function waitsForGate({ phases, gate, index, now, phase }: Closed): Explanation {
  const place = `The device waits for phase ${index + 1}. `
  const columns = { approved_by: null, approval_comment: null, gate_opened_by: null, gate_open_reason: null }
  const progress = gateProgress(
    phases.map((one) => ({ ...one, ...columns })),
    gate,
    now,
  )
  return {
    ...{ code: 'waits_for_gate', message: `${place}${gateText(phases, gate, now)}`, phase },
    ...(progress ? { gate: progress } : {}),
    ...untilOf(opensBy(phases, index, now)),
  }
}

function waitsForWindow(device: Filterable, rules: RolloutRules | null, opens_ms: number): Explanation {
  const when = Number.isFinite(opens_ms) ? `it opens at ${iso(opens_ms)}` : 'it never opens'
  return {
    code: 'waits_for_window',
    message: `The device is outside of its window (time zone ${zoneOf(rules ?? {}, device)}): ${when}.`,
    ...untilOf(opens_ms),
  }
}

/** `waiting`: the devices that wait for another attempt, if these keep the device from its offer, too. */
function waitsForLimit(
  { reason, until_ms }: Obstacle,
  progress: Progress,
  { waiting }: { waiting: number },
): Explanation {
  if (reason === 'rate')
    return {
      ...{ code: 'waits_for_rate', until: iso(until_ms) },
      message: `The deployment makes at most ${progress.rollout?.offers_per_minute} offers a minute; the next one is possible at ${iso(until_ms)}.`,
    }
  const limit = counted(progress.rollout?.in_flight_limit ?? 0, 'device')
  const working = inFlight(progress) === 1 ? '1 does' : `${whole(inFlight(progress))} do`
  const others =
    waiting === 0 ? '' : `, and ${waiting === 1 ? '1 waits' : `${whole(waiting)} wait`} for another attempt`
  return {
    code: 'waits_for_slot',
    message: `At most ${limit} may work on the deployment at the same time; ${working}${others}.`,
  }
}

/** What the status of an assigned device does not say. */
export function standingTexts(
  row: AttemptSoFar,
  progress: Progress,
  now: string,
  pin: DevicePin | undefined,
): string[] {
  switch (standingOf(row)) {
    case 'timed_out':
      return [`not ended in time: counts as failed since ${row.timed_out}, until it reports a result`]
    case 'awaiting_retry':
      return [`waits for its next attempt${pin ? `: ${lowerFirst(pinText(pin))}` : obstacleText(progress, now)}`]
    case 'unconfirmed':
      return [`to be confirmed by ${row.deadline}, by a poll that shows the release`]
    case 'confirmation_missed':
      return ['not confirmed in time: counts as failed']
    default:
      return []
  }
}

function obstacleText(progress: Progress, now: string): string {
  const obstacle = obstacleOf(progress, now)
  if (!obstacle) return ''
  if (obstacle.reason === 'paused') return '; the deployment is paused'
  const { message } = waitsForLimit(obstacle, progress, { waiting: 0 })
  return `: ${withoutStop(lowerFirst(message))}`
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)
