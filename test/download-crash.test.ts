import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bounded } from '../src/client/bounded.ts'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { openApi } from './support/api.ts'
import { deploy, inventoryTerm, poll, saveFilter, statistics } from './support/deploy.ts'
import { downloading, LIMITS, saveLimits } from './support/download-limits.ts'
import { type Installation, install } from './support/installation.ts'
import { expectCountersToEqualRows } from './support/recount.ts'
import { isFull } from './support/sample.ts'
import { uploadMixed } from './support/twins.ts'
import { at, enrolMixed, expectNoViolations, signInAsAdministrator, startLoad } from './support/until-gone.ts'

const KILLS = isFull ? 20 : 3
const DEVICES = 60
const LIMIT = 4

let data_dir: string
let installation: Installation
beforeEach(async () => {
  data_dir = await mkdtemp(join(tmpdir(), 'muster-download-crash-'))
  installation = await install(data_dir)
})
afterEach(async () => {
  await installation[Symbol.asyncDispose]()
  await rm(data_dir, { recursive: true, force: true })
})

const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms))

test(`no more than ${LIMIT} devices download at once, and no place is lost, whatever is lost in ${KILLS} kills`, async () => {
  await installation.start()
  const api = await signInAsAdministrator(installation.url)
  await uploadMixed(api, 'release-1')
  const filter_id = await saveFilter(api, inventoryTerm('foo', 'foo'))
  const devices = await enrolMixed(installation.url, api, DEVICES)
  await saveLimits(api, { max_downloads: LIMIT })
  const id = await deploy(api, { filter_id })
  const updated = new Set<string>()
  const update = async (device: SimulatedDevice) => {
    if (updated.has(device.id)) return void (await wait(50))
    const { status, body } = await poll(device)
    if (status !== 200) return void (await wait(Math.random() * 30))
    for (const step of ['downloading', 'installing', 'success'] as const) {
      await wait(Math.random() * 30)
      expect([204, 404]).toContain((await device.report(body.id, step)).status)
    }
    updated.add(device.id)
  }
  for (let kill = 0; kill < KILLS; kill++) {
    const load = startLoad(devices.map((device) => at(installation.url, device)).map((device) => () => update(device)))
    await wait(100 + Math.random() * 200)
    await installation.killOne()
    await load.end()
    const running = await installation.look((db) => downloading(db))
    expect(Object.values(running).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(LIMIT)
    await installation.start()
  }
  const { url } = installation
  const again = devices.map((device) => at(url, device))
  while (updated.size < DEVICES) await bounded(DEVICES, again, update)
  const now = openApi(url, api.token)
  expect(await statistics(now, id)).toEqual({ success: DEVICES })
  expect((await now.get(`${LIMITS}/running`)).body).toEqual({ running: 0, by_value: [] })
  expectNoViolations(devices)
  await installation.look(expectCountersToEqualRows)
})
