import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Comparison, compareSoftware, hasVersion } from '../src/artifacts/downgrade.ts'

const artifact = (name: string, provides: Record<string, string> = {}) => ({
  ...{ name, artifact_provides: { artifact_name: name, ...provides } },
})

const ROOTFS = 'rootfs-image.version'

describe('an artifact compared with a device', () => {
  const named: [of_artifact: string, of_device: string, Comparison['kind']][] = [
    ['2.3.0', '2.4.0', 'downgrade'],
    ['2.4.0', '2.4.0', 'no_downgrade'],
    ['2.10.0', '2.9.0', 'no_downgrade'],
    ['2.4.0-rc.1', '2.4.0', 'downgrade'],
    ['v2.4', '2.4.0', 'no_downgrade'],
    ['gateway-2.3.0', 'gateway-2.4.0', 'downgrade'],
    ['gateway-2.4.0-rc.2', 'gateway-2.4.0-rc.10', 'downgrade'],
    ['release-1', 'release-2', 'downgrade'],
    ['release-2', 'release-1', 'no_downgrade'],
    ['gateway-2.3.0', 'camera-2.4.0', 'unknown'],
    ['gateway-2.3.0', '2.4.0', 'unknown'],
    ['summer', 'winter', 'unknown'],
    ['2.3.0', 'factory', 'unknown'],
    ['2.3.0', '2.4.0_INCONSISTENT', 'downgrade'],
  ]
  test.each(named)('by the name %s, of a device that has %s: %s', (name, artifact_name, kind) => {
    expect(compareSoftware(artifact(name), { artifact_name })).toMatchObject({ kind })
  })

  const software = artifact('summer', { [ROOTFS]: '2.4.0', 'data.app.version': '7', 'rootfs-image.checksum': '1' })
  test.each<[provides: Record<string, unknown>, Comparison]>([
    [{ [ROOTFS]: '2.5.0' }, { kind: 'downgrade', downgrade: { attribute: ROOTFS, from: '2.5.0', to: '2.4.0' } }],
    [{ [ROOTFS]: '2.4.0' }, { kind: 'no_downgrade' }],
    [
      { [ROOTFS]: '2.3.0', 'data.app.version': '8' },
      { kind: 'downgrade', downgrade: { attribute: 'data.app.version', from: '8', to: '7' } },
    ],
    [{ 'rootfs-image.checksum': '2' }, { kind: 'unknown' }],
    [{ [ROOTFS]: 'factory' }, { kind: 'unknown' }],
    [{ [ROOTFS]: ['2.5.0', '2.6.0'] }, { kind: 'unknown' }],
    [{}, { kind: 'unknown' }],
  ])('by its software versions, of a device that provides %j', (provides, comparison) => {
    expect(compareSoftware(software, { artifact_name: 'winter', ...provides })).toEqual(comparison)
  })

  test('by its software versions rather than by its name', () => {
    const provides = { artifact_name: '3', [ROOTFS]: '2.3.0' }
    expect(compareSoftware(artifact('2', { [ROOTFS]: '2.4.0' }), provides)).toEqual({ kind: 'no_downgrade' })
    expect(compareSoftware(artifact('2', { [ROOTFS]: 'summer' }), provides)).toMatchObject({ kind: 'downgrade' })
  })

  test('is not older than itself, and of two different ones not both are older', () => {
    const numbers = fc.array(fc.nat(12), { minLength: 1, maxLength: 4 }).map((all) => all.join('.'))
    const version = fc.tuple(numbers, fc.constantFrom('', '-rc.1', '-rc.2', '+5')).map((parts) => parts.join(''))
    const name = fc.tuple(fc.constantFrom('', 'v', 'gateway-', 'a/b '), version).map((parts) => parts.join(''))
    const isOlder = (one: string, other: string) =>
      compareSoftware(artifact(one), { artifact_name: other }).kind === 'downgrade'
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(compareSoftware(artifact(one), { artifact_name: one })).toEqual({ kind: 'no_downgrade' })
        expect(isOlder(one, other) && isOlder(other, one)).toBe(false)
      }),
    )
  })
})

test.each([
  ['2.4.0', {}, true],
  ['gateway-2.4.0', {}, true],
  ['summer', { [ROOTFS]: '2.4.0' }, true],
  ['summer', { [ROOTFS]: 'hot', 'rootfs-image.checksum': '12' }, false],
  ['summer', {}, false],
])('whether an artifact named %s that provides %j has a version: %s', (name, provides, expected) => {
  expect(hasVersion(artifact(name, provides))).toBe(expected)
})
