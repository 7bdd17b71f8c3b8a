import { describe, expect, test } from 'vitest'
import type { Artifact } from '../src/artifacts/artifact.ts'
import type { ActiveDeployment } from '../src/deployments/active-deployment.ts'
import type { DeviceDeployment } from '../src/deployments/device-deployment.ts'
import { decideResume, offeredArtifact } from '../src/deployments/resume-decision.ts'
import { progressOf } from './support/progress.ts'

const NOW = '2030-01-01T00:00:00.000Z'
const EARLIER = '2029-12-31T23:59:00.000Z'

const artifactOf = (id: string): Artifact =>
  ({
    ...{ id, name: 'release-2', size: 100, device_types_compatible: ['qemu'] },
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
  ...{ request: before, artifact_id: 'artifact', image: { id: 'artifact', name: 'release-2', size: 100 } },
}
const installing: DeviceDeployment = { ...offered, status: 'installing', started: EARLIER }

const requestOf = (provides = before, deployment = deploymentOf()) => ({
  deployment,
  provides,
  depends: true,
  in_window: true,
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
