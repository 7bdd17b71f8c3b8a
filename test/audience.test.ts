import { expect, test } from 'vitest'
import { type AudienceDevice, toMatch } from '../src/deployments/audience.ts'

const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`
const device = (listed: AudienceDevice['membership'], group_name: string | null = null): AudienceDevice => ({
  ...{
    id: 'a',
    status: 'accepted',
    dialect: 'mender' as const,
    group_name,
    membership: listed,
    attributes: {},
    check_in_time: null,
    pinned_until: null,
  },
  ...{ created_ts: at(0), attributes_updated_ts: at(0) },
})
const deployment = (audience: 'all' | 'group' | null, groups: string[] = []) =>
  toMatch({ created: at(5), dynamic: false, audience, groups, terms: [] })

test('a deployment lists devices whose membership began before it, if they were read after it', () => {
  const lists = deployment('all')
  expect(lists(device({ after: at(4), until: at(5) }))).toBe(true)
  expect(lists(device({ after: at(5), until: at(6) }))).toBe(false)
  // Read before the deployment was created: the membership of the device may have changed in between.
  expect(lists(device({ after: at(3), until: at(4) }))).toBe(false)
  expect(lists(device(undefined))).toBe(false)
})

test('a deployment to a group lists only its members; one to a list of devices uses no membership', () => {
  const listed = { after: at(1), until: at(9) }
  expect(deployment('group', ['lab'])(device(listed, 'lab'))).toBe(true)
  expect(deployment('group', ['lab'])(device(listed, 'field'))).toBe(false)
  expect(deployment(null)(device(listed, 'lab'))).toBe(false)
})
