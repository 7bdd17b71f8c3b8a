import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DEVICE_STATUSES,
  type DeviceStatus,
  isFinal,
  isPastDownload,
  REPORTED_STATUSES,
} from '../src/deployments/device-status.ts'
import {
  type Attempt,
  applyReport,
  begin,
  isStartingOver,
  reportRefusal,
  startOver,
} from '../src/deployments/lifecycle.ts'
import { abort, addDevice, takesDevices } from '../src/deployments/progress.ts'
import { noCounts } from '../src/deployments/statistics.ts'
import { applyTransition } from '../src/deployments/supervision.ts'
import { progressOf } from './support/progress.ts'

const NOW = '2030-01-01T00:00:00.000Z'
const offered: Attempt = {
  status: 'pending',
  substate: null,
  attempts: 1,
  attempt_begun: true,
  attempt_since: '2029-12-31T23:59:00.000Z',
  concluded_by_server: false,
  download_key: null,
  download_seen: null,
  started: null,
  finished: null,
  timed_out: null,
  confirmation: null,
  deadline: null,
}
const rules = (retries: number, now = NOW) => ({ retries, now, may_begin: true })
const report = (row: Attempt, status: (typeof REPORTED_STATUSES)[number], retries = 0) =>
  applyReport(row, { status }, rules(retries))

const first = { is_listed: false, phase_index: 0 }

describe('a report', () => {
  test('sets the start time once and the finish time with a final status', () => {
    const installing = report(offered, 'installing')
    expect(installing).toMatchObject({ status: 'installing', started: NOW, finished: null })
    expect(report(installing, 'success')).toMatchObject({ status: 'success', started: NOW, finished: NOW })
  })

  test('may go backwards while no status is final', () => {
    expect(report(report(offered, 'installing'), 'downloading').status).toBe('downloading')
  })

  test('keeps the substate when the next one has none', () => {
    const paused = applyReport(offered, { status: 'installing', substate: 'running script' }, rules(0))
    expect(report(paused, 'rebooting').substate).toBe('running script')
  })

  test('of failure uses up one attempt, however often it is repeated', () => {
    const first = report(report(offered, 'installing', 2), 'failure', 2)
    expect(first).toMatchObject({ status: 'pending', attempts: 2, attempt_begun: false, finished: null })
    expect(report(first, 'failure', 2)).toBe(first)
    const second = report({ ...first, attempt_begun: true }, 'failure', 2)
    expect(second).toMatchObject({ status: 'pending', attempts: 3 })
    expect(report({ ...second, attempt_begun: true }, 'failure', 2)).toMatchObject({ status: 'failure', finished: NOW })
  })

  test('about an earlier attempt changes nothing', () => {
    const second = { ...offered, attempts: 2 }
    expect(applyReport(second, { status: 'failure', attempt: 1 }, rules(2))).toBe(second)
    expect(applyReport(second, { status: 'failure', attempt: 2 }, rules(2))).toMatchObject({ attempts: 3 })
  })

  test('never changes a final status', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DEVICE_STATUSES.filter(isFinal)),
        fc.array(fc.constantFrom(...REPORTED_STATUSES)),
        fc.nat(3),
        (status, reports, retries) => {
          const final = { ...offered, status, finished: NOW }
          expect(reports.reduce((row, next) => report(row, next, retries), final as Attempt)).toBe(final)
        },
      ),
    )
  })

  test('is rejected once the deployment was aborted or the device decommissioned', () => {
    expect(reportRefusal({ status: 'aborted' })).toMatchObject({ status: 409, message: 'Deployment aborted' })
    expect(reportRefusal({ status: 'decommissioned' })).toMatchObject({ status: 409, message: 'Device decommissioned' })
    expect(reportRefusal({ status: 'success' })).toBeUndefined()
  })

  test('sequence of any length uses at most retries + 1 attempts', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...REPORTED_STATUSES), { maxLength: 60 }), fc.nat(5), (reports, retries) => {
        const end = reports.reduce((row, next) => report(row, next, retries), offered)
        expect(end.attempts).toBeLessThanOrEqual(retries + 1)
        expect(end.finished === null).toBe(!isFinal(end.status))
      }),
    )
  })
})

describe('a device that polls again', () => {
  const polled = (row: Attempt, now: string, retries: number) => {
    if (!isStartingOver(row, now)) return row
    const next = startOver(row, rules(retries, now))
    return isFinal(next.status) ? next : begin(next, rules(retries, now))
  }
  const later = (ms: number) => new Date(Date.parse(NOW) + ms).toISOString()

  test.each(DEVICE_STATUSES)('in %s has started over only if it had downloaded the artifact', (status) => {
    const begun = ['pending', 'downloading'].includes(status) || isFinal(status)
    expect(isStartingOver({ ...offered, status }, NOW)).toBe(!begun)
    expect(isPastDownload(status)).toBe(!begun)
  })

  test('within seconds of the offer has retried its poll, which is not an attempt', () => {
    const installing = { ...report(offered, 'installing'), attempt_since: NOW }
    expect(isStartingOver(installing, later(9_999))).toBe(false)
    expect(isStartingOver(installing, later(10_000))).toBe(true)
  })

  test('while installing uses up an attempt, and fails after the last', () => {
    const second = polled(report(offered, 'installing', 1), NOW, 1)
    expect(second).toMatchObject({ status: 'pending', attempts: 2, attempt_since: NOW, finished: null })
    expect(polled(second, later(60_000), 1)).toBe(second)
    const installing = report(second, 'installing', 1)
    expect(polled(installing, later(60_000), 1)).toMatchObject({
      ...{ status: 'failure', substate: 'started over', attempts: 2, finished: later(60_000) },
      concluded_by_server: true,
    })
  })

  test('in any loop, however short, is eventually not offered the update', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 100_000 }), fc.nat(4), (period_ms, retries) => {
        let row: Attempt = { ...offered, attempt_since: NOW }
        let rounds = 0
        for (; !isFinal(row.status); rounds++)
          row = polled(report(row, 'installing', retries), later(rounds * period_ms), retries)
        expect(row.attempts).toBe(retries + 1)
        expect(rounds).toBeLessThanOrEqual(1 + (retries + 1) * Math.ceil(10_000 / period_ms))
      }),
    )
  })
})

describe('a final status that the server concluded', () => {
  const concluded: Attempt = {
    ...{ ...offered, status: 'failure', substate: 'started over', finished: NOW, concluded_by_server: true },
  }

  test.each(['success', 'failure', 'already-installed'] as const)('is replaced by %s of the device once', (status) => {
    const corrected = applyReport(concluded, { status }, rules(5))
    expect(corrected).toMatchObject({ status, substate: null, finished: NOW, concluded_by_server: false })
    expect(report(corrected, 'success')).toBe(corrected)
    expect(report(corrected, 'failure')).toBe(corrected)
  })

  test.each(REPORTED_STATUSES.filter((status) => !isFinal(status)))('stays when the device reports %s', (status) => {
    expect(report(concluded, status, 5)).toBe(concluded)
  })
})

describe('the counters', () => {
  test('are pending while devices only poll, and never return to pending', () => {
    const counts = progressOf()
    addDevice(counts, first)
    expect(counts.started).toBe(false)
    applyTransition(counts, { from: 'pending', to: 'installing', phase_index: 0 }, NOW)
    applyTransition(counts, { from: 'installing', to: 'pending', phase_index: 0 }, NOW)
    expect(counts).toMatchObject({ started: true, pending: 1, installing: 0, finished: null })
  })

  test('finish a deployment with a device limit once that many devices have any final status', () => {
    const finals = DEVICE_STATUSES.filter(isFinal)
    const counts = progressOf({ max_devices: finals.length })
    for (const to of finals) {
      expect(counts.finished).toBeNull()
      addDevice(counts, first)
      applyTransition(counts, { from: 'pending', to, phase_index: 0 }, NOW)
    }
    expect(counts.finished).toBe(NOW)
    expect(takesDevices(counts)).toBe(false)
  })

  test('finish it only once the last success is confirmed, or was not in time', () => {
    for (const reached of [undefined, 'confirmation_missed'] as const) {
      const counts = progressOf({ max_devices: 1 })
      addDevice(counts, first)
      applyTransition(counts, { from: 'pending', to: 'success', phase_index: 0, reached: 'unconfirmed' }, NOW)
      expect(counts.finished).toBeNull()
      applyTransition(counts, { from: 'success', to: 'success', phase_index: 0, left: 'unconfirmed', reached }, NOW)
      expect(counts.finished).toBe(NOW)
    }
  })

  test('equal a recount of the devices after any transitions, and after an abort', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.constantFrom(...DEVICE_STATUSES)), { maxLength: 80 }), (moves) => {
        const counts = progressOf()
        const devices = new Map<number, DeviceStatus>()
        for (const [device, to] of moves) {
          const from = devices.get(device) ?? 'pending'
          if (isFinal(from)) continue
          const phase_index = device % 2
          if (!devices.has(device)) addDevice(counts, { is_listed: false, phase_index })
          devices.set(device, to)
          applyTransition(counts, { from, to, phase_index }, NOW)
        }
        const recount = (phases = [0, 1]) => {
          const counted = noCounts()
          for (const [device, status] of devices) if (phases.includes(device % 2)) counted[status]++
          return counted
        }
        expect(counts).toMatchObject(recount())
        for (const [phase, delta] of counts.phase_deltas) expect(delta).toMatchObject(recount([phase]))
        const abort_unwritten = [...devices.values()].some((status) => !isFinal(status))
        abort(counts, NOW)
        for (const [device, status] of devices) if (!isFinal(status)) devices.set(device, 'aborted')
        expect(counts).toMatchObject({ ...recount(), finished: NOW, was_aborted: true, abort_unwritten })
      }),
    )
  })

  test('of an aborted static deployment no longer include the devices that never polled', () => {
    const counts = progressOf({ max_devices: 10, pending: 10 })
    abort(counts, NOW)
    expect(counts).toMatchObject({ pending: 0, aborted: 0, abort_unwritten: false })
  })
})
