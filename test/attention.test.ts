import { expect, test } from 'vitest'
import { attentionItems, type UnfinishedDeployment } from '../src/deployments/attention.ts'
import { DEVICE_STATUSES } from '../src/deployments/device-status.ts'

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

test('the most severe comes first, then the larger share of failures', () => {
  const named = (name: string, counts: Parameters<typeof unfinished>[0]) => unfinished(counts, { name })
  const troubles = attentionItems(
    [
      named('some', { success: 98, failure: 2 }),
      named('few', { success: 538, failure: 2 }),
      named('half without', { success: 50, noartifact: 50 }),
      named('a third', { success: 64, failure: 33 }),
    ],
    NOW,
  )
  expect(troubles.map(({ name }) => name)).toEqual(['a third', 'half without', 'some', 'few'])
})
