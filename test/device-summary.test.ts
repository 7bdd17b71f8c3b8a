import { describe, expect, test } from 'vitest'
import { type DeviceSituation, summarize, type Work } from '../src/deployments/device-summary.ts'
import type { Explanation } from '../src/deployments/explanation.ts'

const NOW = '2030-01-10T12:00:00.000Z'
const europe = { id: 'e', name: 'europe', artifact_name: 'release-7', type: 'software' as const }

const calm: DeviceSituation = {
  ...{ status: 'accepted', check_in_time: '2030-01-10T11:00:00.000Z', runs: 'release-7', now: NOW },
  ...{ current: undefined, last: undefined, next: undefined },
}

const workIn = (row: Partial<Work['row']>, more: Partial<Work> = {}): Work => ({
  row: {
    ...{ status: 'success', substate: null, attempts: 1, attempt_begun: true, phase_index: null },
    ...{ finished: NOW, concluded_by_server: false, timed_out: null, confirmation: null, deadline: null },
    ...row,
  },
  ...{ deployment: europe, retries: 2, log: undefined },
  ...more,
})

const working = (row: Partial<Work['row']>, more: Partial<DeviceSituation['current']> = {}) => ({
  current: { ...workIn({ finished: null, ...row }), is_paused: false, ...more },
})
const waiting = (explanation: Partial<Explanation>) => ({
  next: { deployment: europe, explanation: { message: 'The device waits.', ...explanation } as Explanation },
})
const done = (row: Partial<Work['row']>, more: Partial<Work> = {}) => ({ last: workIn(row, more) })

const of = (changes: Partial<DeviceSituation>) => {
  const { code, message } = summarize({ ...calm, ...changes })
  return [code, message]
}

describe('a device', () => {
  test.each<[Partial<DeviceSituation>, string, string]>([
    [done({}), 'up_to_date', 'Up to date with release-7.'],
    [done({ status: 'already-installed' }), 'up_to_date', 'Up to date with release-7.'],
    [
      { ...done({}), runs: 'release-6' },
      'other_software',
      'Updated to release-7 in europe, but reports that it runs release-6.',
    ],
    [done({ confirmation: 'awaited' }), 'unconfirmed', 'Updated to release-7, to be confirmed by its next poll.'],
    [
      done({ confirmation: 'missed', timed_out: NOW }),
      'failed',
      'Updated in europe, but not confirmed in time: it counts as failed.',
    ],
    [
      done({ status: 'failure', attempts: 2 }, { log: { reason: 'no space left on device' } }),
      'failed',
      'Failed twice in europe: no space left on device.',
    ],
    [done({ status: 'failure', substate: 'started over' }), 'failed', 'Failed once in europe: started over.'],
    [done({ status: 'failure', attempts: 3 }), 'failed', 'Failed 3 times in europe.'],
    [
      done({ status: 'noartifact' }),
      'no_artifact',
      'Not updated in europe: release-7 has no artifact for this device type.',
    ],
    [done({ status: 'aborted' }), 'aborted', 'Not updated in europe, which was aborted.'],
    [{}, 'nothing', 'Runs release-7. Nothing to install: no unfinished deployment is for this device.'],
    [{ runs: undefined }, 'nothing', 'Nothing to install: no unfinished deployment is for this device.'],
  ])('has ended: %j', (changes, code, message) => {
    expect(of(changes)).toEqual([code, message])
  })

  test.each<[Partial<DeviceSituation>, string, string]>([
    [working({ status: 'pending' }), 'in_progress', 'Offered release-7 in europe, attempt 1 of 3.'],
    [working({ status: 'installing' }), 'in_progress', 'Installing release-7 in europe, attempt 1 of 3.'],
    [working({ status: 'installing' }, { retries: 0 }), 'in_progress', 'Installing release-7 in europe.'],
    [
      working({ status: 'pause_before_rebooting' }),
      'awaits_user',
      'Paused before rebooting release-7 in europe, until a user continues it.',
    ],
    [
      working({ status: 'installing', timed_out: '2030-01-10T10:00:00.000Z' }),
      'timed_out',
      'Not finished in time in europe: it counts as failed since 2030-01-10T10:00:00.000Z, until it reports a result.',
    ],
    [
      working({ status: 'pending', attempts: 2, attempt_begun: false }, { log: { reason: 'no space left on device' } }),
      'awaits_retry',
      'Failed once in europe: no space left on device. Next, at its next poll: attempt 2 of 3.',
    ],
    [
      working({ status: 'pending', attempts: 3, attempt_begun: false }, { is_paused: true }),
      'awaits_retry',
      'Failed twice in europe. The deployment is paused.',
    ],
  ])('is at work: %j', (changes, code, message) => {
    expect(of(changes)).toEqual([code, message])
  })

  const until = '2030-01-11T09:00:00.000Z'
  const phase = { id: 'p', number: 2 }
  const gate = (state: string) => ({ gate: { state } as NonNullable<Explanation['gate']> })
  test.each<[Partial<DeviceSituation>, string, string]>([
    [
      waiting({ code: 'paused', message: 'The deployment was paused by ada@example.com at T: tests.' }),
      'paused',
      'Waiting for europe, which is paused. The deployment was paused by ada@example.com at T: tests.',
    ],
    [
      waiting({ code: 'waits_for_phase', phase, until }),
      'waiting',
      `Waiting for phase 2 of europe, which starts at ${until}.`,
    ],
    [waiting({ code: 'waits_for_phase' }), 'waiting', 'Waiting for europe, which is full.'],
    [
      waiting({ code: 'waits_for_gate', phase, ...gate('awaiting_approval') }),
      'waiting',
      'Waiting for phase 2 of europe, which waits for an approval.',
    ],
    [
      waiting({ code: 'waits_for_gate', phase, ...gate('awaiting_verdict') }),
      'waiting',
      'Waiting for phase 2 of europe, which waits for a verdict.',
    ],
    [
      waiting({ code: 'waits_for_gate', phase, ...gate('collecting') }),
      'waiting',
      'Waiting for phase 2 of europe, which starts once enough devices before it have succeeded.',
    ],
    [
      waiting({ code: 'waits_for_gate', phase, until, ...gate('soaking') }),
      'waiting',
      `Waiting for phase 2 of europe, which starts at ${until}, if the devices before it keep succeeding.`,
    ],
    [waiting({ code: 'waits_for_window', until }), 'waiting', `Waiting for europe, until its hours begin at ${until}.`],
    [waiting({ code: 'waits_for_slot' }), 'waiting', 'Waiting for europe: the device waits.'],
    [waiting({ code: 'no_device_type' }), 'blocked', 'Waiting for europe: the device waits.'],
    [waiting({ code: 'no_artifact', message: 'None.' }), 'blocked', 'Not in europe: none.'],
    [waiting({ code: 'waits_for_poll' }), 'next_poll', 'At its next poll, release-7 is offered in europe.'],
    [
      waiting({ code: 'already_installed' }),
      'next_poll',
      'Up to date with release-7: europe ends for it at its next poll.',
    ],
  ])('waits: %j', (changes, code, message) => {
    expect(of(changes)).toEqual([code, message])
  })

  test('that is not accepted waits for a user before anything else', () => {
    expect(of({ status: 'pending', check_in_time: '2030-01-01T12:00:00.000Z' })[0]).toBe('not_accepted')
    expect(of({ status: 'rejected', ...done({}) })[1]).toBe('Rejected: it gets no updates unless you accept it.')
  })

  test('that is silent is not waiting for anything else', () => {
    const silent = { check_in_time: '2030-01-04T11:00:00.000Z' }
    expect(of({ ...silent, ...waiting({ code: 'waits_for_phase', phase, until }) })).toEqual([
      'silent',
      `Silent for 6 days. Before that: waiting for phase 2 of europe, which starts at ${until}.`,
    ])
    expect(of({ ...silent, ...done({}) })[1]).toBe('Silent for 6 days. Before that: up to date with release-7.')
    expect(of({ check_in_time: '2030-01-09T12:00:01.000Z', ...done({}) })[0]).toBe('up_to_date')
    expect(of({ check_in_time: '2030-01-09T12:00:00.000Z', ...done({}) })[1]).toContain('Silent for 1 day.')
  })

  test('that was never seen says so', () => {
    expect(of({ check_in_time: null, runs: undefined })).toEqual(['never_seen', 'Accepted, but not seen yet.'])
    expect(of({ check_in_time: null, ...waiting({ code: 'waits_for_poll' }) })[1]).toBe(
      'Accepted, but not seen yet. At its next poll, release-7 is offered in europe.',
    )
  })

  test('that works is not waiting for what comes next, and what comes next outweighs what was', () => {
    const both = { ...waiting({ code: 'waits_for_phase' }), ...done({ status: 'failure' }) }
    expect(of({ ...both, ...working({ status: 'downloading' }) })[0]).toBe('in_progress')
    expect(of(both)[0]).toBe('waiting')
  })
})
