import { expect, test } from 'vitest'
import { DEVICE_STATUSES } from '../src/deployments/device-status.ts'
import { explain } from '../src/deployments/explanation.ts'

type Situation = Parameters<typeof explain>[0]
type Row = NonNullable<Situation['row']>

const messageFor = (row: Row, { retries = 2, phases = 3 } = {}): string =>
  explain({ row, deployment: { retries }, phases: Array(phases).fill({}) } as unknown as Situation).message

test.each<[Row, object, string]>([
  [{ status: 'noartifact', attempts: 1, phase_index: 1 }, {}, 'Assigned in phase 2 · no artifact for this device type'],
  [
    { status: 'installing', attempts: 2, phase_index: 0 },
    {},
    'Assigned in phase 1 · installing the update · attempt 2 of 3',
  ],
  [{ status: 'failure', attempts: 1, phase_index: null }, { retries: 0, phases: 0 }, 'Assigned · every attempt failed'],
  [
    { status: 'pause_before_rebooting', attempts: 1, phase_index: 0 },
    { retries: 0, phases: 1 },
    'Assigned · paused before rebooting, waiting for your go-ahead',
  ],
])('%j with %j is told as it is', (row, plan, message) => {
  expect(messageFor(row, plan)).toBe(message)
})

test.each(DEVICE_STATUSES.filter((status) => /[_-]|noartifact/.test(status)))(
  'the status %s is told in words, not as the API names it',
  (status) => {
    expect(messageFor({ status, attempts: 1, phase_index: 0 })).not.toContain(status)
  },
)
