import fc from 'fast-check'
import type { Artifact } from '../../src/artifacts/artifact.ts'
import type { ActiveDeployment } from '../../src/deployments/active-deployment.ts'
import type { Assignment } from '../../src/deployments/assignment.ts'
import { type ClaimDecision, decideClaims } from '../../src/deployments/claim-decision.ts'
import type { DeviceDeployment } from '../../src/deployments/device-deployment.ts'
import { ACTIVE_STATUSES, type ReportedStatus } from '../../src/deployments/device-status.ts'
import { applyReport, confirm, deadlineOf, expire, reportRefusal, withAbort } from '../../src/deployments/lifecycle.ts'
import type { Progress, RolloutEvent } from '../../src/deployments/progress.ts'
import { decideResume } from '../../src/deployments/resume-decision.ts'
import { type RolloutRules, timeLimitsOf } from '../../src/deployments/rollout/rules.ts'
import { failedSince, type StandingCounts, standingOf } from '../../src/deployments/standing.ts'
import type { Counters } from '../../src/deployments/statistics.ts'
import { advance, applyTransition, obstacleOf, resumeRollout } from '../../src/deployments/supervision.ts'
import { countsOf, phasesOf, progressOf } from './progress.ts'

const PROVIDES = { artifact_name: 'release-1', device_type: 'qemu' }
const RUNNING = { ...PROVIDES, artifact_name: 'release-2' }
const artifact = {
  ...{ id: 'artifact', name: 'release-2', dialect: 'mender', size: 100, device_types_compatible: ['qemu'] },
  ...{ artifact_depends: { device_type: ['qemu'] }, artifact_provides: { artifact_name: 'release-2' } },
} as unknown as Artifact

type Phases = Parameters<typeof phasesOf>

type Planned = {
  rules: RolloutRules
  phases?: Phases
  retries?: number
  max_devices?: number | null
  fixedPhase?: (device: string) => number | null
}

/** A deployment in memory, whose devices and whose processes do by the nouns what the use cases do by them. */
export class ModelRollout {
  now_ms = Date.UTC(2030, 0, 1)
  readonly progress: Progress
  readonly rows = new Map<string, DeviceDeployment>()
  /** Devices that have had an offer. */
  readonly touched = new Set<string>()
  /** What the rollout did by itself. */
  readonly happened: RolloutEvent[] = []
  /** When each offer for a new attempt was made, the first one included. */
  readonly offers: string[] = []
  /** The row of a device as it counts: an abort ends all of them at once. */
  readonly row = (device: string): DeviceDeployment | undefined => {
    const row = this.rows.get(device)
    return row && withAbort(row, this.progress)
  }
  readonly #heard_from = new Map<string, string>()
  readonly #deployment: ActiveDeployment
  readonly #fixedPhase: (device: string) => number | null

  constructor({ rules, phases = [], retries = 0, max_devices = null, fixedPhase = () => null }: Planned) {
    const counted = phasesOf(...phases).map((phase) => ({ ...phase, counts: countsOf() }))
    this.progress = progressOf({ rollout: rules, phases: counted, retries, max_devices })
    this.#deployment = {
      ...{ artifact_name: 'release-2', artifacts: [artifact], retries, force_installation: false, rollout: rules },
    } as unknown as ActiveDeployment
    this.#fixedPhase = fixedPhase
  }

  get now(): string {
    return new Date(this.now_ms).toISOString()
  }

  pass(minutes: number): void {
    this.now_ms += minutes * 60_000
  }

  /** Whether the device is offered the update. `runs_release`: it has installed it. */
  poll(device: string, { runs_release = false } = {}): boolean {
    this.#heard_from.set(device, this.now)
    const row = this.row(device)
    if (!row) return this.claim([device])[0] === 'assigned'
    const provides = runs_release ? RUNNING : PROVIDES
    if (row.finished !== null) {
      if (runs_release) this.#change(device, confirm)
      return false
    }
    const request = {
      deployment: this.#deployment,
      provides,
      rules: { depends: true, dialect: 'mender' as const },
      in_window: true,
      is_pinned: false,
      polls_while_working: false,
    }
    let is_offered = false
    this.#change(device, (before) => {
      const { row: next, result } = decideResume(before, request, { now: this.now, progress: this.progress })
      is_offered = result.kind === 'assigned' && result.assignment.status === 'pending'
      const is_new = next.attempt_since !== before.attempt_since || (next.attempt_begun && !before.attempt_begun)
      if (is_offered && is_new) this.offers.push(this.now)
      return next
    })
    return is_offered
  }

  /** Devices that were never assigned ask in one batch. */
  claim(devices: readonly string[], assign = OFFER): ClaimDecision['kind'][] {
    const { progress, now } = this
    const eligibility = { is_eligible: true, former: null, has_unwritten_abort: false, pinned_until: null }
    const decisions = decideClaims(
      devices.map((device) => ({
        ...{ device, eligibility, progress, fixed_phase: this.#fixedPhase(device), is_static: false, assign },
      })),
      now,
    )
    decisions.forEach((decision, i) => {
      if (decision.kind !== 'assigned') return
      const { assignment, transition } = decision
      const is_offered = assignment.status === 'pending'
      this.rows.set(devices[i]!, {
        ...{ tenant_id: 't', device_id: devices[i]!, id: 'row', deployment_id: 'd', device_type: 'qemu' },
        ...{ phase_index: transition.phase_index, status: assignment.status, substate: null, attempts: 1 },
        ...{ attempt_begun: true, attempt_since: now, started: null, finished: is_offered ? null : now },
        ...{ concluded_by_server: false, timed_out: null, confirmation: null, request: PROVIDES },
        deadline: is_offered ? deadlineOf({ ...timeLimitsOf(progress.rollout), now }) : null,
        ...{ artifact_id: 'artifact', image: null, download_key: null, download_seen: null },
      })
      if (!is_offered) return
      this.touched.add(devices[i]!)
      this.offers.push(now)
    })
    this.#settle()
    return decisions.map(({ kind }) => kind)
  }

  /** Whether the report is accepted. */
  report(device: string, status: ReportedStatus): boolean {
    const row = this.row(device)
    if (!row || reportRefusal(row)) return false
    this.#change(device, (before) => {
      const { progress, now } = this
      const may_begin = obstacleOf(progress, now) === undefined
      return applyReport(
        before,
        { status },
        {
          ...{ retries: progress.retries, now, may_begin },
          ...timeLimitsOf(progress.rollout),
        },
      )
    })
    return true
  }

  /** What any process does from time to time. */
  supervise(): void {
    const { timeout_minutes } = timeLimitsOf(this.progress.rollout)
    const overdue = [...this.rows].filter(([, { deadline }]) => deadline !== null && deadline <= this.now)
    for (const [device] of overdue) {
      const heard_from = this.#heard_from.get(device) ?? null
      this.#change(device, (row) => expire(row, { now: this.now, timeout_minutes, heard_from }), true)
    }
    advance(this.progress, this.now)
    this.#settle()
  }

  pause(): void {
    if (this.progress.finished === null) this.progress.paused_at ??= this.now
  }

  resume(): void {
    if (this.progress.finished === null && this.progress.paused_at !== null) resumeRollout(this.progress, this.now)
  }

  #change(device: string, decide: (row: DeviceDeployment) => DeviceDeployment, is_silent = false): void {
    advance(this.progress, this.now)
    const before = this.row(device)!
    const row = decide(before)
    if (row !== before) {
      const failed_since = failedSince(row) === undefined ? failedSince(before) : undefined
      applyTransition(
        this.progress,
        {
          ...{ from: before.status, to: row.status, phase_index: row.phase_index, is_silent, failed_since },
          ...{ left: standingOf(before), reached: standingOf(row) },
        },
        this.now,
      )
      this.rows.set(device, row)
    }
    this.#settle()
  }

  /** What saving the progress does. */
  #settle(): void {
    const { progress } = this
    for (const event of progress.happened) {
      this.happened.push(event)
      if (event.kind === 'tripped' && event.trip.action !== 'pause') this.#abortPhases()
    }
    progress.happened.length = 0
    progress.phase_deltas.clear()
    progress.changed_phases.clear()
  }

  #abortPhases(): void {
    for (const { counts } of this.progress.phases) {
      if (!counts) continue
      for (const status of ACTIVE_STATUSES) {
        counts.aborted += counts[status]
        counts[status] = 0
      }
      Object.assign(counts, { timed_out: 0, awaiting_retry: 0 })
    }
  }
}

/** Counts the devices of the rollout, or of one of its phases. */
export function recount({ rows, row }: ModelRollout, phase?: number): Counters & StandingCounts {
  const counts = countsOf()
  for (const device of rows.keys()) {
    const found = row(device)!
    if (phase !== undefined && found.phase_index !== phase) continue
    counts[found.status]++
    const standing = standingOf(found)
    if (standing) counts[standing]++
  }
  return counts
}

const DEVICES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const nextStep = fc.record({
  kind: fc.constantFrom(
    ...(['poll', 'poll', 'run', 'report', 'report', 'report', 'pass', 'supervise', 'supervise'] as const),
    ...(['pause', 'resume', 'resume', 'crowd', 'none'] as const),
  ),
  device: fc.constantFrom(...DEVICES),
  status: fc.constantFrom<ReportedStatus>(
    'installing',
    'success',
    'success',
    'failure',
    'failure',
    'already-installed',
  ),
  minutes: fc.constantFrom(0.05, 1, 5, 12, 12),
})
export type Step = typeof nextStep extends fc.Arbitrary<infer One> ? One : never
export const steps = (maxLength = 60) => fc.array(nextStep, { maxLength, size: 'max' })

/** One thing that devices, people or time do to a rollout. */
export function take(rollout: ModelRollout, { kind, device, status, minutes }: Step): void {
  switch (kind) {
    case 'poll':
      rollout.poll(device)
      break
    case 'run':
      rollout.poll(device, { runs_release: true })
      break
    case 'report':
      rollout.report(device, status)
      break
    case 'pass':
      rollout.pass(minutes)
      break
    case 'supervise':
      rollout.pass(minutes)
      rollout.supervise()
      break
    case 'pause':
      rollout.pause()
      break
    case 'resume':
      rollout.resume()
      break
    case 'crowd':
      rollout.claim(DEVICES.filter((one) => !rollout.rows.has(one)))
      break
    case 'none':
      if (!rollout.rows.has(device)) rollout.claim([device], minutes < 1 ? NO_ARTIFACT : ALREADY_INSTALLED)
  }
}

export const OFFER = (): Assignment => ({ status: 'pending', artifact })
export const ALREADY_INSTALLED = (): Assignment => ({ status: 'already-installed', artifact })
export const NO_ARTIFACT = (): Assignment => ({ status: 'noartifact' })
