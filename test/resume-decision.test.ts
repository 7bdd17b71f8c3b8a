import { describe, expect, test } from 'vitest'
import type { Artifact } from '../src/artifacts/artifact.ts'
import type { ActiveDeployment } from '../src/deployments/active-deployment.ts'
import type { DeviceDeployment } from '../src/deployments/device-deployment.ts'
import type { Progress } from '../src/deployments/progress.ts'
import { decideResume, offeredArtifact } from '../src/deployments/resume-decision.ts'
import { progressOf, rulesOf } from './support/progress.ts'

const NOW = '2030-01-01T00:00:00.000Z'
const EARLIER = '2029-12-31T23:59:00.000Z'

const artifactOf = (id: string): Artifact =>
  ({
    ...{ id, name: 'release-2', dialect: 'mender', size: 100, device_types_compatible: ['qemu'] },
    ...{ artifact_depends: { device_type: ['qemu'] }, artifact_provides: { artifact_name: 'release-2' } },
  }) as unknown as Artifact
const artifact = artifactOf('artifact')

const deploymentOf = (changes: Partial<ActiveDeployment> = {}) =>
  ({
    ...{ artifact_name: 'release-2', artifacts: [artifact], retries: 0, force_installation: false, ...changes },
  }) as ActiveDeployment
const before = { artifact_name: 'release-1', device_type: 'qemu' }
const after = { artifact_name: 'release-2', device_type: 'qemu' }

const offered: DeviceDeployment = {
  ...{ tenant_id: 't', device_id: 'd', id: 'row', deployment_id: 'dep', phase_index: null, device_type: 'qemu' },
  ...{ status: 'pending', substate: null, attempts: 1, attempt_begun: true, attempt_since: EARLIER },
  ...{ started: null, finished: null, concluded_by_server: false, timed_out: null, confirmation: null, deadline: null },
  ...{ download_key: null, download_seen: null },
  ...{ request: before, artifact_id: 'artifact', image: { id: 'artifact', name: 'release-2', size: 100 } },
}
const installing: DeviceDeployment = { ...offered, status: 'installing', started: EARLIER }

const requestOf = (provides = before, deployment = deploymentOf()) => ({
  deployment,
  provides,
  polls_while_working: false,
  rules: { depends: true, dialect: 'mender' as const },
  in_window: true,
  is_pinned: false,
})
/** Of a deployment without rules. */
const moment = { now: NOW, progress: progressOf() }

describe('an offer is valid', () => {
  test.each([
    ['if the same poll is repeated', offered, before],
    ['while the device downloads, whatever it provides', { ...offered, status: 'downloading' as const }, after],
    ['while the device installs, if the poll comes within seconds', { ...installing, attempt_since: NOW }, before],
    ['for a device that runs the release and has lost only its report', installing, after],
  ])('%s', (_, row, provides) => {
    expect(offeredArtifact(row, requestOf(provides), NOW)).toBe(artifact)
  })

  test.each([
    ['before the attempt has begun', { ...offered, attempt_begun: false }, before],
    ['if the device has reported nothing and provides something else', offered, { ...before, slot: 'b' }],
    ['for a device that started over', installing, before],
    ['without its artifact', { ...offered, artifact_id: 'deleted' }, before],
  ])('no longer %s', (_, row, provides) => {
    expect(offeredArtifact(row, requestOf(provides), NOW)).toBeUndefined()
  })
})

describe('resuming', () => {
  test('is stale for a device that has finished, and changes nothing', () => {
    const aborted = { ...offered, status: 'aborted' as const, finished: EARLIER }
    const { row, result } = decideResume(aborted, requestOf(), moment)
    expect(row).toBe(aborted)
    expect(result).toEqual({ kind: 'stale', is_interrupted: false })
  })

  test('starts the next attempt after a failure', () => {
    const failed = { ...offered, attempts: 2, attempt_begun: false }
    const { row, result } = decideResume(failed, requestOf(), moment)
    expect(row).toMatchObject({ status: 'pending', attempts: 2, attempt_begun: true, attempt_since: NOW })
    expect(result).toMatchObject({ kind: 'assigned', assignment: { status: 'pending', artifact } })
  })

  test('repeats the offer to a device that has reported, without any change', () => {
    const downloading = { ...offered, status: 'downloading' as const }
    const { row, result } = decideResume(downloading, requestOf(), moment)
    expect(row).toBe(downloading)
    expect(result).toMatchObject({ assignment: { status: 'pending', artifact }, is_interrupted: false })
  })

  test('uses up an attempt if the device started over', () => {
    const { row, result } = decideResume(installing, requestOf(before, deploymentOf({ retries: 1 })), moment)
    expect(row).toMatchObject({ status: 'pending', attempts: 2, attempt_since: NOW, finished: null })
    expect(result).toMatchObject({ kind: 'assigned', is_interrupted: true })
  })

  test('fails a device that started over in its last attempt', () => {
    const { row, result } = decideResume(installing, requestOf(), moment)
    expect(row).toMatchObject({ status: 'failure', finished: NOW, concluded_by_server: true })
    expect(result).toEqual({ kind: 'stale', is_interrupted: true })
  })

  test('finishes a device that provides the release by now, unless it reports another result', () => {
    const { row, result } = decideResume(offered, requestOf(after), moment)
    expect(row).toMatchObject({ status: 'already-installed', finished: NOW, concluded_by_server: true, request: after })
    expect(result).toMatchObject({ assignment: { status: 'already-installed' }, is_interrupted: false })
  })

  test('finishes a device for which no artifact is left, and never as a failure', () => {
    const { row } = decideResume(offered, requestOf(before, deploymentOf({ artifacts: [] })), moment)
    expect(row).toMatchObject({ status: 'noartifact', artifact_id: null, image: null, concluded_by_server: true })
  })

  test('offers the artifact that replaces a deleted one', () => {
    const artifacts = [artifactOf('replacement')]
    const { row } = decideResume(
      { ...installing, attempt_since: NOW },
      requestOf(before, deploymentOf({ artifacts })),
      moment,
    )
    expect(row).toMatchObject({ status: 'pending', attempts: 1, artifact_id: 'replacement' })
  })
})

describe('another attempt', () => {
  const failed = { ...offered, attempts: 2, attempt_begun: false }
  const retried = deploymentOf({ retries: 1 })
  /** Of this many devices, all have an offer and have not ended. */
  const busy = (device_count: number, changes: Partial<Progress> = {}) =>
    progressOf({ device_count, pending: device_count, rollout: rulesOf({ in_flight_limit: 2 }), ...changes })
  const waits = (row: DeviceDeployment, progress: Progress, in_window = true) =>
    decideResume(row, { ...requestOf(before, retried), in_window }, { now: NOW, progress }).result.kind === 'waiting'

  test('waits while the deployment is paused, and outside of the window', () => {
    expect(waits(failed, progressOf({ paused_at: EARLIER }))).toBe(true)
    expect(waits(failed, progressOf(), false)).toBe(true)
    expect(waits(failed, progressOf())).toBe(false)
  })

  test('waits for a place, but not for the devices that wait as well', () => {
    expect(waits(failed, busy(3, { awaiting_retry: 1 }))).toBe(true)
    expect(waits(failed, busy(2, { awaiting_retry: 1 }))).toBe(false)
    expect(waits(failed, busy(9, { awaiting_retry: 8 }))).toBe(false)
  })

  test('of a device that starts over follows at once in the place that it has', () => {
    expect(waits(installing, busy(2))).toBe(false)
    expect(waits(installing, busy(3))).toBe(true)
  })

  test('of a device that had not ended in time waits for a place, which another may have', () => {
    const silent = { ...installing, timed_out: EARLIER, deadline: null }
    expect(waits(silent, busy(3, { timed_out: 1 }))).toBe(true)
    expect(waits(silent, busy(2, { timed_out: 1 }))).toBe(false)
  })

  test('waits also for a device that starts over while paused, whose attempt before is used up', () => {
    const { row, result } = decideResume(installing, requestOf(before, retried), {
      ...{ now: NOW, progress: progressOf({ paused_at: EARLIER }) },
    })
    expect(row).toMatchObject({ status: 'pending', attempts: 2, attempt_begun: false })
    expect(result).toEqual({ kind: 'waiting', is_interrupted: true })
  })

  test('counts towards the rate of offers, and an offer that is repeated does not', () => {
    const progress = progressOf({ rollout: rulesOf({ offers_per_minute: 5 }) })
    const resume = (row: DeviceDeployment) => decideResume(row, requestOf(before, retried), { now: NOW, progress })
    resume(offered)
    resume({ ...offered, status: 'downloading' })
    expect(progress.recent_offers).toBeNull()
    resume(failed)
    resume(installing)
    expect(progress.recent_offers).toEqual([[Date.parse(NOW) + 1000, 2]])
  })

  test('has its own time', () => {
    const failure_policy = { scope: 'phase', action: 'pause', timeout_minutes: 30 } as const
    const deployment = deploymentOf({ retries: 1, rollout: rulesOf({ failure_policy }) })
    for (const row of [failed, installing])
      expect(decideResume(row, requestOf(before, deployment), moment).row.deadline).toBe('2030-01-01T00:30:00.000Z')
  })

  test('is not needed by a device that runs the release, however long it was silent', () => {
    const { row } = decideResume({ ...offered, timed_out: EARLIER }, requestOf(after), moment)
    expect(row).toMatchObject({ status: 'already-installed', timed_out: null, deadline: null })
  })
})
