import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  attributesOf,
  type DownloadLimits,
  downloadKey,
  type NewDownloadLimits,
  quietUntil,
  readDownloadLimits,
} from '../src/deployments/download-limits.ts'
import { heldBack, waitsForDownload, waitsForQuietHours } from '../src/deployments/download-waits.ts'
import { type Download, fullLimit, renewed, take } from '../src/deployments/downloads.ts'
import { filterable } from './support/filterable.ts'

const at = (hour: number, minute = 0) => new Date(Date.UTC(2030, 0, 1, hour, minute)).toISOString()
const NOW = at(12)

const BY_SITE = { scope: 'inventory', attribute: 'site', max_downloads: 2 }
const download = (limits: DownloadLimits, key = '', running: Download['running'] = { all: 0, by_key: new Map() }) => ({
  ...{ limits, key, running },
})

describe('limits of a request', () => {
  test('are stored without the members that are absent', () => {
    const given: NewDownloadLimits = { quiet_hours: null, max_downloads: 5, by_attribute: BY_SITE }
    expect(readDownloadLimits(given)).toEqual({ max_downloads: 5, by_attribute: BY_SITE })
    expect(readDownloadLimits({})).toEqual({})
  })

  test.each<[string, NewDownloadLimits]>([
    ['max_downloads', { max_downloads: 0 }],
    ['download_timeout_minutes', { download_timeout_minutes: 10_081 }],
    ['by_attribute.scope', { by_attribute: { ...BY_SITE, scope: 'place' } }],
    ['by_attribute.attribute', { by_attribute: { ...BY_SITE, attribute: '' } }],
    ['by_attribute.attribute', { by_attribute: { ...BY_SITE, attribute: 'x'.repeat(257) } }],
    ['by_attribute.max_downloads', { by_attribute: { ...BY_SITE, max_downloads: 0 } }],
    ['quiet_hours.windows', { quiet_hours: { windows: [] } }],
    ['quiet_hours.windows.0.from', { quiet_hours: { windows: [{ from: '7', to: '19:00' }] } }],
    ['quiet_hours.time_zone', { quiet_hours: { windows: [{ from: '07:00', to: '19:00' }], time_zone: 'Mars' } }],
  ])('are refused with a wrong %s', (field, given) => {
    expect(() => readDownloadLimits(given)).toThrow(expect.objectContaining({ details: { field } }))
  })

  test('must not be quiet all week', () => {
    const windows = [
      { from: '00:00', to: '12:00' },
      { from: '12:00', to: '24:00' },
    ]
    expect(() => readDownloadLimits({ quiet_hours: { windows } })).toThrow('must leave a time of the week')
    expect(() =>
      readDownloadLimits({ quiet_hours: { windows: [windows[0]!, { from: '12:00', to: '23:59' }] } }),
    ).not.toThrow()
  })
})

describe('quiet hours', () => {
  const zone = { scope: 'inventory', attribute: 'timezone', fallback: 'UTC' }
  const limits: DownloadLimits = { quiet_hours: { windows: [{ from: '22:00', to: '06:00' }], time_zone: zone } }
  const now_ms = Date.parse(at(23))

  test('are judged in the time zone of the device', () => {
    expect(quietUntil(limits, null, { device: filterable({}), now_ms })).toBe(Date.parse(at(30)))
    const berlin = filterable({ timezone: 'Europe/Berlin' })
    expect(quietUntil(limits, null, { device: berlin, now_ms })).toBe(Date.parse(at(29)))
    expect(quietUntil(limits, null, { device: berlin, now_ms: Date.parse(at(5)) })).toBeUndefined()
    expect(attributesOf(limits)).toEqual([{ scope: 'inventory', attribute: 'timezone' }])
  })

  test('do not hold for a deployment that is exempt', () => {
    expect(quietUntil(limits, { ignore_quiet_hours: true }, { device: filterable({}), now_ms })).toBeUndefined()
  })

  test('are explained by the clock of the device', () => {
    const berlin = filterable({ timezone: 'Europe/Berlin' })
    expect(waitsForQuietHours(berlin, limits.quiet_hours!, Date.parse(at(29)))).toEqual({
      ...{ code: 'quiet_hours', until: at(29) },
      message: `Quiet hours until 06:00 Europe/Berlin: no device is offered updates before ${at(29)}.`,
    })
  })
})

describe('what a download counts towards', () => {
  test.each<[string, Record<string, string | number | string[]>, string]>([
    ['a text', { site: 'Berlin' }, 'inventory/site=Berlin'],
    ['an empty text', { site: '' }, 'inventory/site='],
    ['a number', { site: 7 }, 'inventory/site=7'],
    ['a list', { site: ['a', 'b'] }, 'inventory/site=["a","b"]'],
    ['no value', {}, ''],
  ])('is said by %s', (_, attributes, key) => {
    expect(downloadKey({ by_attribute: BY_SITE }, filterable(attributes))).toBe(key)
  })

  test('is short, and different for different values', () => {
    const keyOf = (site: string) => downloadKey({ by_attribute: BY_SITE }, filterable({ site }))
    const [a, b] = [keyOf(`${'x'.repeat(5000)}a`), keyOf(`${'x'.repeat(5000)}b`)]
    expect(a.length).toBeLessThan(100)
    expect(a).not.toBe(b)
  })

  test('is nothing without a limit by attribute', () => {
    expect(downloadKey({ max_downloads: 1 }, filterable({ site: 'Berlin' }))).toBe('')
  })
})

describe('places', () => {
  test('are given until a limit is reached, and to all without one: for any limits and devices', () => {
    const amount = fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined })
    fc.assert(
      fc.property(
        amount,
        amount,
        fc.array(fc.constantFrom('', 'a', 'b', 'c'), { maxLength: 40 }),
        (all, each, sites) => {
          const limits: DownloadLimits = {
            ...(all === undefined ? {} : { max_downloads: all }),
            ...(each === undefined ? {} : { by_attribute: { ...BY_SITE, max_downloads: each } }),
          }
          const running = { all: 0, by_key: new Map<string, number>() }
          const taken: Record<string, number> = {}
          let total = 0
          for (const site of sites) {
            const one = { limits, running, key: site }
            const is_free =
              (all === undefined || total < all) && (each === undefined || site === '' || (taken[site] ?? 0) < each)
            expect(fullLimit(one) === undefined).toBe(is_free)
            if (!is_free) continue
            take(one)
            total++
            taken[site] = (taken[site] ?? 0) + 1
          }
          expect(running.all).toBe(total)
        },
      ),
    )
  })

  test('are explained with their numbers', () => {
    const running = { all: 5, by_key: new Map([['inventory/site=Berlin', 2]]) }
    const of_site = download({ by_attribute: BY_SITE, max_downloads: 6 }, 'inventory/site=Berlin', running)
    expect(waitsForDownload(of_site)).toEqual({
      code: 'waits_for_download',
      message:
        '2 of 2 downloads at inventory/site=Berlin are running: the device is offered the update at its first poll after one of them has ended.',
      downloads: { running: 2, limit: 2, scope: 'inventory', attribute: 'site', value: 'Berlin' },
    })
    const of_all = download({ by_attribute: BY_SITE, max_downloads: 5 }, 'inventory/site=Berlin', running)
    expect(waitsForDownload(of_all)).toMatchObject({ downloads: { running: 5, limit: 5 } })
  })
})

describe('a device that polls again for its offer', () => {
  const limits: DownloadLimits = { max_downloads: 1, download_timeout_minutes: 60 }
  const row = (download_seen: string | null) => ({ download_seen, download_key: '' })
  const full = { all: 1, by_key: new Map<string, number>() }

  test('changes nothing within a minute, or if its download does not count', () => {
    for (const seen of [null, '2030-01-01T11:59:30.000Z', NOW]) {
      const before = row(seen)
      expect(renewed(before, download(limits, '', full), NOW)).toBe(before)
    }
    const before = row(at(0))
    expect(renewed(before, undefined, NOW)).toBe(before)
  })

  test('has been heard from, and keeps its place', () => {
    expect(renewed(row(at(11, 30)), download(limits, '', full), NOW)).toEqual(row(NOW))
  })

  test('needs a place again if it was not heard from for too long', () => {
    const lost = row(at(11))
    expect(renewed(lost, download(limits, '', full), NOW)).toBeUndefined()
    const free = { all: 0, by_key: new Map<string, number>() }
    expect(renewed(lost, download(limits, 'key', free), NOW)).toEqual({ download_seen: NOW, download_key: 'key' })
    expect(free.all).toBe(1)
    const waiting = { device: filterable({}), limits, rules: null, now: NOW, download: download(limits, '', full) }
    expect(heldBack({ ...waiting, download_seen: at(11) }, false)).toEqual([
      `not heard from in its download since ${at(11)}`,
      '1 of 1 download is running, and it waits for one of them to end',
    ])
    expect(heldBack({ ...waiting, download_seen: at(11, 30) }, false)).toEqual([])
    expect(heldBack({ ...waiting, download_seen: null }, true)).toHaveLength(1)
  })
})
