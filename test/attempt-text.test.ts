import { expect, test } from 'vitest'
import { type AttemptSoFar, attemptText } from '../src/deployments/attempt-text.ts'
import { DEVICE_STATUSES } from '../src/deployments/device-status.ts'
import { STARTED_OVER } from '../src/deployments/lifecycle.ts'

const FIRST = {
  ...{ attempts: 1, attempt_begun: true, phase_index: 0, substate: null, concluded_by_server: false },
  ...{ timed_out: null, confirmation: null, deadline: null },
} as const

const textFor = (attempt: Partial<AttemptSoFar> & Pick<AttemptSoFar, 'status'>, { retries = 2, phases = 3 } = {}) =>
  attemptText({ ...FIRST, ...attempt }, { retries, phases })

test.each<[Parameters<typeof textFor>[0], object, string]>([
  [{ status: 'noartifact', phase_index: 1 }, {}, 'Assigned in phase 2 · no artifact for this device type'],
  [{ status: 'noartifact', substate: 'no downgrade' }, {}, 'Assigned in phase 1 · not updated: no downgrade'],
  [{ status: 'installing', attempts: 2 }, {}, 'Assigned in phase 1 · installing the update · attempt 2 of 3'],
  [{ status: 'failure', phase_index: null }, { retries: 0, phases: 0 }, 'Assigned · every attempt failed'],
  [
    { status: 'failure', substate: STARTED_OVER, concluded_by_server: true },
    { retries: 0, phases: 0 },
    'Assigned · failed: it started over while installing; a later report of the device replaces this',
  ],
  [
    { status: 'pause_before_rebooting' },
    { retries: 0, phases: 1 },
    'Assigned · paused before rebooting, waiting for your go-ahead',
  ],
])('an attempt with %j in a deployment with %j is described correctly', (attempt, plan, text) => {
  expect(textFor(attempt, plan)).toBe(text)
})

test.each(DEVICE_STATUSES.filter((status) => /[_-]|noartifact/.test(status)))(
  'the status %s is described in words, not by its API name',
  (status) => {
    expect(textFor({ status })).not.toContain(status)
  },
)
