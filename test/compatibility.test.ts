import { describe, expect, test } from 'vitest'
import type { Artifact } from '../src/artifacts/artifact.ts'
import { isInstalled, selectArtifact } from '../src/artifacts/compatibility.ts'

const artifact = (given: Partial<Artifact> = {}): Artifact => {
  const device_types_compatible = given.device_types_compatible ?? ['a']
  return {
    ...{ id: '1', name: 'r', description: '', info: { format: 'mender', version: 3 }, signed: false, updates: [] },
    dialect: 'mender',
    ...{ artifact_provides: { artifact_name: 'r' }, clears_artifact_provides: [], size: 10 },
    ...{ modified: '2026-01-01T00:00:00.000Z' },
    ...given,
    device_types_compatible,
    artifact_depends: { device_type: device_types_compatible, ...given.artifact_depends },
  }
}
const device = { device_type: 'a', artifact_name: 'old' }

describe('a device is offered', () => {
  const select = (artifacts: Artifact[], provides: Record<string, unknown>, depends = true) =>
    selectArtifact(artifacts, provides, { depends, dialect: 'mender' })?.id

  test('only an artifact for its exact device type', () => {
    const artifacts = [artifact({ device_types_compatible: ['a', 'b'] })]
    expect(select(artifacts, device)).toBe('1')
    expect(select(artifacts, { device_type: 'A' })).toBeUndefined()
    expect(select(artifacts, {})).toBeUndefined()
    expect(select([], device)).toBeUndefined()
  })

  test('only an artifact whose depends it provides, if depends are checked', () => {
    const artifacts = [artifact({ artifact_depends: { hw: ['1', '2'], boot: 'x' } })]
    expect(select(artifacts, { ...device, hw: '2', boot: 'x' })).toBe('1')
    expect(select(artifacts, { ...device, hw: '3', boot: 'x' })).toBeUndefined()
    expect(select(artifacts, { ...device, hw: '2' })).toBeUndefined()
    expect(select(artifacts, device, false)).toBe('1')
    expect(select([artifact({ artifact_depends: { constructor: 'x' } })], device)).toBeUndefined()
  })

  test('the smallest artifact that fits, then the newest, then always the same', () => {
    const small = artifact({ id: 'small', size: 1 })
    const newer = artifact({ id: 'newer', size: 1, modified: '2026-01-02T00:00:00.000Z' })
    const twin = artifact({ id: 'twin', size: 1, modified: newer.modified })
    expect(select([artifact(), small], device)).toBe('small')
    expect(select([small, newer], device)).toBe('newer')
    expect(select([newer, twin], device)).toBe(select([twin, newer], device))
    expect(
      select([artifact({ id: 'fits', size: 99 }), artifact({ size: 1, artifact_depends: { hw: '1' } })], device),
    ).toBe('fits')
  })
})

describe('an artifact counts as installed', () => {
  const versioned = artifact({ artifact_provides: { artifact_name: 'r', artifact_group: 'g', 'app.version': '2' } })

  test('by name, if either side has no versions', () => {
    expect(isInstalled(artifact(), { ...device, artifact_name: 'r' })).toBe(true)
    expect(isInstalled(artifact(), { ...device, artifact_name: 'r', 'app.version': '1' })).toBe(true)
    expect(isInstalled(versioned, { ...device, artifact_name: 'r' })).toBe(true)
    expect(isInstalled(versioned, { ...device, artifact_group: 'g' })).toBe(false)
    expect(isInstalled(artifact(), {})).toBe(false)
  })

  test('by versions, if both sides have some, regardless of the name', () => {
    expect(isInstalled(versioned, { ...device, 'app.version': '2' })).toBe(true)
    expect(isInstalled(versioned, { ...device, artifact_name: 'r', 'app.version': '1' })).toBe(false)
    expect(isInstalled(versioned, { ...device, artifact_name: 'r', 'rootfs-image.version': '2' })).toBe(false)
  })

  test('never after an installation that failed and could not be undone', () => {
    const broken = { ...device, artifact_name: 's_INCONSISTENT' }
    expect(isInstalled(versioned, { ...broken, 'app.version': '2' })).toBe(false)
    expect(isInstalled(artifact(), { ...broken, artifact_name: 'r_INCONSISTENT' })).toBe(false)
  })
})
