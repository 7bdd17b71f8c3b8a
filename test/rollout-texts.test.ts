import { describe, expect, test } from 'vitest'
import {
  gateDecisionTexts,
  gateLabel,
  gateProgressTexts,
  gateStyle,
  gateText,
  minutesText,
} from '../src/texts/gates.ts'
import { isTripped, type Rules, rolloutStateStyle, ruleSentences, worstCaseText } from '../src/texts/rollouts.ts'

test.each([
  [1, '1 minute'],
  [90, '1 hour 30 minutes'],
  [1440, '1 day'],
  [4321, '3 days 1 minute'],
])('%i minutes are %j', (minutes, text) => {
  expect(minutesText(minutes)).toBe(text)
})

describe('a gate in words', () => {
  const other = 'a user other than the one who created the deployment has approved'
  test.each([
    [{ success_percent: 95 }, '95 % of the devices of phase 1 have succeeded', '95 % succeeded'],
    [
      { success_percent: 95, of: 'ended', min_ended: 50, soak_minutes: 120, approval: 'other_user', verdicts: [] },
      '95 % of the devices of phase 1 that have ended (at least 50) have succeeded, ' +
        `this has held for 2 hours, and ${other}`,
      '95 % of the ended succeeded, for 2 hours, approval by another user',
    ],
    [{ of: 'ended', min_ended: 50 }, 'at least 50 of the devices of phase 1 have ended', ''],
    [{ soak_minutes: 60 }, 'phase 1 has been open for 1 hour', 'for 1 hour'],
    [
      { verdicts: ['grafana', 'sentry'], approval: 'required' },
      'grafana and sentry have reported "pass" and a user has approved',
      'verdict of grafana, verdict of sentry, approval',
    ],
  ])('%j', (gate, text, label) => {
    expect(gateText(gate, 'phase 1')).toBe(text)
    expect(gateLabel(gate)).toBe(label)
  })

  const progress = {
    ...{ state: 'collecting', success_percent: 94.99, succeeded: 9499, failed: 1, base: 10_000, in_flight: 500 },
    verdicts: {},
  }

  test('shows a share below its limit as below it', () => {
    expect(gateProgressTexts({ success_percent: 95 }, progress, { now: 0 })).toEqual([
      '9,499 of 10,000 succeeded: 94.9 %, 95 % needed',
      '1 failed',
      '500 in flight',
    ])
    expect(gateProgressTexts({ success_percent: 95 }, { ...progress, state: 'closed' }, { now: 0 })).toEqual([])
  })

  test('shows when a soak ends', () => {
    const soaking = { ...progress, state: 'soaking', failed: 0, in_flight: 0, opens_at: '2027-01-10T08:00:00.000Z' }
    const now = Date.parse('2027-01-10T06:00:00Z')
    expect(gateProgressTexts({ soak_minutes: 180 }, soaking, { now, timeZone: 'UTC' })).toEqual([
      '9,499 of 10,000 succeeded',
      'soaks until 10 Jan 2027, 08:00 UTC (in 2 hours)',
    ])
  })

  test('shows who has decided what', () => {
    const ada = { id: '1', email: 'ada@example.com' }
    const decided = {
      ...{ ...progress, approved_by: ada, comment: 'looks good', opened_by: { id: '2' }, reason: 'lab is offline' },
      verdicts: { grafana: { verdict: 'fail', reason: 'errors', by: ada } },
    }
    expect(gateDecisionTexts(decided)).toEqual([
      'grafana reported "fail" (ada@example.com): errors',
      'approved by ada@example.com: looks good',
      'opened by 2 before its gate held: lab is offline',
    ])
  })
})

const ROLLBACK = 'the deployment is aborted, and the devices that have had an offer get release-1.9'

describe('the rules of a rollout in sentences', () => {
  test.each<[Rules, string[]]>([
    [{}, []],
    [{ max_in_flight: 500 }, ['At most 500 devices work on the update at the same time.']],
    [{ max_in_flight: 1 }, ['At most 1 device works on the update at the same time.']],
    [{ max_in_flight_percent: 10 }, ['At most 10 % of the devices work on the update at the same time.']],
    [
      { max_in_flight: 500, max_in_flight_percent: 10 },
      ['At most 500 devices, but not more than 10 % of all, work on the update at the same time.'],
    ],
    [{ offers_per_minute: 1000 }, ['At most 1,000 devices per minute get the offer.']],
    [{ order: 'first_come' }, []],
    [{ no_downgrade: true }, ['Devices that have a newer version than the release are not updated.']],
    [
      { exclude: { device_ids: ['a'], filter: { name: 'lab' } } },
      ['Excluded: 1 listed device and the devices that match "lab", now or later.'],
    ],
    [
      { failure_policy: { max_failures: 1, scope: 'phase', action: 'abort', timeout_minutes: 120 } },
      [
        'Once 1 device has failed, the deployment is aborted.',
        'A device that has not ended 2 hours after its offer counts as failed.',
      ],
    ],
    [
      { windows: [{ days: ['sat', 'sun'], from: '01:00', to: '05:00' }], time_zone: 'Europe/Berlin' },
      [
        'When devices are offered the update: Saturday and Sunday, 01:00 to 05:00, Europe/Berlin. ' +
          'An update that has begun continues outside of these times.',
      ],
    ],
    [
      {
        failure_policy: {
          ...{ max_failures: 5, max_failure_percent: 3, min_ended: 50, scope: 'phase' },
          ...{ action: 'rollback', rollback_artifact_name: 'release-1.9' },
        },
        phases: [{ gate: { success_percent: 95, verdicts: ['grafana'] } }, { start_ts: '2027-01-10T08:00:00Z' }],
      },
      [
        'Phase 2 opens on 10 Jan 2027, 08:00 UTC at the earliest, ' +
          'once 95 % of the devices of phase 1 have succeeded and grafana has reported "pass".',
        'Once 5 devices of a phase have failed, or 3 % of the devices of a phase that have ended (at least 50) ' +
          `have failed, ${ROLLBACK}.`,
        `As soon as grafana reports "fail", ${ROLLBACK}.`,
      ],
    ],
  ])('%j', (rules, sentences) => {
    expect(ruleSentences(rules, 'UTC')).toEqual(sentences)
  })
})

test.each([
  [{ devices_touched: 12, of: 500 }, 'If everything fails, at most 12 of 500 devices are touched before it stops.'],
  [{ devices_touched: 1, of: 500 }, 'If everything fails, at most 1 of 500 devices is touched before it stops.'],
  [{ devices_touched: 500, of: 500 }, 'If everything fails, nothing stops it: all 500 devices are touched.'],
  [{ devices_touched: 1, of: 1 }, 'If everything fails, nothing stops it: the device is touched.'],
  [{ devices_touched: 0, of: 0 }, 'No device is a target yet.'],
])('the worst case %j', (worst_case, text) => {
  expect(worstCaseText(worst_case)).toBe(text)
})

test('a rollout that failures have paused is red, unlike one that a user has paused', () => {
  const tripped = { state: 'paused', reason: { code: 'max_failures' } }
  const paused = { state: 'paused', reason: { code: 'paused_by_user' } }
  expect([tripped, paused].map(isTripped)).toEqual([true, false])
  expect(rolloutStateStyle(tripped)).toMatchObject({ label: 'Paused', color: 'red' })
  expect(rolloutStateStyle(paused)).toMatchObject({ label: 'Paused', color: 'orange' })
})

test.each([
  [{ state: 'collecting' }, false, 'Collecting results'],
  [{ state: 'collecting' }, true, 'Did not open'],
  [{ state: 'awaiting_approval' }, true, 'Did not open'],
  [{ state: 'open' }, true, 'Passed'],
  [{ state: 'open', opened_by: { id: 'ada' } }, true, 'Opened by a user'],
])('the gate %j of a deployment that is over (%s): %s', (gate, isOver, label) => {
  expect(gateStyle(gate, isOver)?.label).toBe(label)
})
