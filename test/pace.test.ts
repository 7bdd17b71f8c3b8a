import { expect, test } from 'vitest'
import { type PaceOf, paceOf } from '../src/deployments/pace.ts'
import { toPoint } from '../src/deployments/timeline.ts'

const at = (hours: number) => new Date(Date.UTC(2026, 0, 10) + hours * 60 * 60 * 1000).toISOString()
const point = (hours: number, success: number) =>
  toPoint(at(hours), { success, pending: 1000 - success, device_count: 1000 })
const deployment: PaceOf = {
  ...{ created: at(0), status: 'inprogress', state: 'running', target: 1000, last_start: undefined },
  points: [point(0, 0), point(1, 100), point(2, 200), point(3, 300), point(4, 400)],
}

test('a steady pace has one end', () => {
  expect(paceOf({ ...deployment, points: [...deployment.points, point(4.75, 475), point(5, 500)] }, at(5))).toEqual({
    ...{ devices_per_hour: 100, remaining: 500, earliest_end: at(10), latest_end: at(10) },
  })
})

test('a pace that varies has an earliest and a latest end', () => {
  const points = [...deployment.points, point(4.75, 475), point(5, 550)]
  const { devices_per_hour, earliest_end, latest_end } = paceOf({ ...deployment, points }, at(5))
  // 75 in 15 minutes; 150 in the last hour; 550 in 5 hours.
  expect({ devices_per_hour, earliest_end }).toEqual({ devices_per_hour: 150, earliest_end: at(6.5) })
  expect(Date.parse(latest_end ?? '')).toBeCloseTo(Date.parse(at(5 + 450 / 110)), -2)
})

test('no end is before the start of the last phase', () => {
  const points = [...deployment.points, point(5, 500)]
  expect(paceOf({ ...deployment, points, last_start: at(100) }, at(5))).toMatchObject({
    ...{ earliest_end: at(100), latest_end: at(100) },
  })
})

test('the pace is not negative if devices that had timed out go on', () => {
  const points = [...deployment.points, point(5, 390)]
  expect(paceOf({ ...deployment, points, state: 'paused' }, at(5))).toEqual({
    ...{ devices_per_hour: 0, remaining: 610, unknown: 'paused' },
  })
})

test('the end of a deployment that does not proceed, or has no limit, is unknown', () => {
  const unknown = (change: Partial<PaceOf>, now = at(4)) => {
    const pace = paceOf({ ...deployment, ...change }, now)
    expect(pace).not.toHaveProperty('earliest_end')
    return pace.unknown
  }
  expect(unknown({ status: 'finished', state: 'stopped' })).toBe('finished')
  expect(unknown({ status: 'scheduled' })).toBe('scheduled')
  expect(unknown({ state: 'paused' })).toBe('paused')
  expect(unknown({ state: 'held' })).toBe('held')
  expect(unknown({ target: null })).toBe('no_limit')
  expect(unknown({}, at(6))).toBe('no_progress')
})
