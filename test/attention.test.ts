import { expect, test } from 'vitest'
import { attentionItems, lateAfter, mayHaveLate, type UnfinishedDeployment } from '../src/deployments/attention.ts'
import { DEVICE_STATUSES } from '../src/deployments/device-status.ts'
import { lateText, weightOf } from '../src/texts/attention.ts'

const NOW = '2026-11-29T12:00:00.000Z'

function unfinished(
  counts: Partial<Record<(typeof DEVICE_STATUSES)[number], number>>,
  changes = {},
): UnfinishedDeployment {
  const none = Object.fromEntries(DEVICE_STATUSES.map((status) => [status, 0]))
  const about = {
    id: 'id',
    name: 'name',
    artifact_name: 'release',
    status: 'inprogress',
    created: NOW,
    last_activity: NOW,
  }
  return { ...none, ...about, opened: null, opens: null, ...counts, ...changes } as unknown as UnfinishedDeployment
}

const severityOf = (...args: Parameters<typeof unfinished>) => attentionItems([unfinished(...args)], NOW)[0]?.severity

test.each([
  [{ success: 64, failure: 33 }, 'critical'],
  [{ success: 538, failure: 2 }, 'minor'],
  [{ success: 98, failure: 2 }, 'warning'],
  [{ success: 90, failure: 10 }, 'critical'],
  [{ failure: 1 }, 'critical'],
  [{ success: 50, noartifact: 50 }, 'critical'],
  [{ success: 85, noartifact: 15 }, 'warning'],
  [{ success: 95, noartifact: 5 }, undefined],
  [{ success: 100 }, undefined],
  [{ success: 50, pending: 50 }, undefined],
  [{}, undefined],
])('a deployment with %j is %s', (counts, severity) => {
  expect(severityOf(counts)).toBe(severity)
})

test('a stuck deployment is a warning, and critical if many devices failed', () => {
  const stuck = { created: '2026-11-20T00:00:00.000Z', last_activity: '2026-11-25T00:00:00.000Z' }
  expect(severityOf({ success: 1, pending: 1 }, stuck)).toBe('warning')
  expect(severityOf({ failure: 1, pending: 1 }, stuck)).toBe('critical')
})

const ordered = (...deployments: UnfinishedDeployment[]) => attentionItems(deployments, NOW).map(({ name }) => name)

const named = (name: string, ...[counts, changes]: Parameters<typeof unfinished>) =>
  unfinished(counts, { name, ...changes })

test('the more devices of a deployment it concerns, the more it weighs', () => {
  expect(
    ordered(
      named('some', { success: 98, failure: 2 }),
      named('few', { success: 538, failure: 2 }),
      named('half without', { success: 50, noartifact: 50 }),
      named('a third', { success: 64, failure: 33 }),
      named('a third of many', { success: 6400, failure: 3300 }),
    ),
  ).toEqual(['a third of many', 'a third', 'half without', 'some', 'few'])
})

test('what waits for a user weighs by the devices that wait, and a trip the most', () => {
  const tripped = { state: 'tripped' }
  expect(
    ordered(
      named('approval', { success: 10, pending: 90 }, { state: 'awaiting_approval' }),
      named('few failed', { success: 99, failure: 1 }),
      named('tripped', { success: 10, failure: 5, pending: 85 }, tripped),
      named('all failed, alone', { failure: 1 }),
      named('tripped, many', { success: 10, failure: 5, pending: 8500 }, tripped),
    ),
  ).toEqual(['tripped, many', 'tripped', 'approval', 'all failed, alone', 'few failed'])
})

test('a deployment whose devices take much longer than usual is a warning', () => {
  const late = { count: 3, usual_seconds: 240 }
  expect(attentionItems([unfinished({ success: 50, installing: 3 }, { late })], NOW)).toMatchObject([
    { severity: 'warning', late },
  ])
  expect(lateText(late)).toBe('3 devices have been updating for more than ten times the usual 4 minutes.')
  expect(lateText({ count: 1, usual_seconds: 20 })).toBe(
    '1 device has been updating for more than ten times the usual 20 seconds.',
  )
})

test('longer than usual is ten times the median, and at least ten minutes', () => {
  const minutes = (...of: number[]) => of.map((one) => one * 60_000)
  expect(lateAfter(minutes(3, 90, 4, 2, 4))).toEqual({ usual_seconds: 240, late_after_ms: 40 * 60_000 })
  expect(lateAfter(minutes(0, 0, 0, 0, 0))).toEqual({ usual_seconds: 1, late_after_ms: 10 * 60_000 })
  expect(lateAfter(minutes(3, 4, 2, 4))).toBeUndefined()
})

test('the weight grows with the share and the number, and is never more than that of what is worse by far', () => {
  const at = (affected: number, of: number) => weightOf('silent', { affected, of })
  expect([at(1, 10_000), at(1, 1), at(1000, 10_000), at(10_000, 10_000)]).toEqual([21, 42, 66, 160])
  expect(weightOf('pending', { affected: 5, of: 0 })).toBe(24)
})

test('devices may be late only beside enough that succeeded, and only if some have not ended', () => {
  const may = (...args: Parameters<typeof unfinished>) => mayHaveLate(unfinished(...args))
  expect(may({ success: 5, installing: 1 })).toBe(true)
  expect(may({ success: 4, installing: 1 })).toBe(false)
  expect(may({ success: 5, failure: 1 })).toBe(false)
  expect(may({ success: 5, pending: 1 }, { status: 'scheduled' })).toBe(false)
})
