import { expect, test } from 'vitest'
import { uploadTestArtifact } from './support/artifact.ts'
import { useCli } from './support/cli.ts'
import { deploy, pollInTurn } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { useServer, useTenant } from './support/fixtures.ts'

const server = useServer()
const tenant = useTenant(server)
const cli = useCli(server, tenant)
const muster = (...argv: string[]) => cli.run(['download-limits', ...argv])
const succeed = (...argv: string[]) => cli.succeed('download-limits', ...argv)

const lines = (output: string) => output.split('\n').map((line) => line.replace(/ {2,}/g, ': '))
const stored = async () => JSON.parse(await succeed('--json'))

test('limits are shown and changed one by one, and removed by empty values', async () => {
  expect(lines(await succeed())).toEqual([
    'Quiet hours: none',
    'Downloads at a time: no limit',
    'Bytes a second: no limit',
    '',
  ])
  await succeed('--quiet-hours', 'mon-fri 7:00-19:00', '--time-zone', 'Europe/Berlin', '--max-downloads', '50')
  await succeed('--attribute', 'inventory/site', '--max-downloads-each', '5')
  await succeed('--rate', '10M', '--rate-each', '500k', '--download-timeout', '2h')
  expect(await stored()).toEqual({
    quiet_hours: {
      windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '07:00', to: '19:00' }],
      time_zone: 'Europe/Berlin',
    },
    ...{ max_downloads: 50, max_bytes_per_second: 10_000_000, download_timeout_minutes: 120 },
    by_attribute: { scope: 'inventory', attribute: 'site', max_downloads: 5, max_bytes_per_second: 500_000 },
  })
  expect(lines(await succeed('--time-zone-attribute', 'inventory/timezone'))).toEqual([
    'Quiet hours: Monday to Friday, 07:00 to 19:00, time zone of the device (inventory/timezone), otherwise UTC',
    'Downloads at a time: 50',
    'Bytes a second: 10.0 MB',
    'For each value of: inventory/site',
    'Downloads of each: 5',
    'Bytes a second of each: 500.0 kB',
    'Time-out: 2 hours without a sign of the device',
    'Running now: 0',
    '',
  ])
  await succeed('--max-downloads', '', '--rate', '', '--max-downloads-each', '', '--download-timeout', '')
  expect(await stored()).toMatchObject({ by_attribute: { max_bytes_per_second: 500_000 } })
  await succeed('--quiet-hours', '', '--attribute', '')
  expect(await stored()).toEqual({})
})

test('the downloads that run are shown by value, and a deployment may be urgent', async () => {
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const devices = await enrol(server, tenant, 3, (i) => ({ site: i < 2 ? 'Berlin' : 'Bremen' }))
  await succeed('--attribute', 'inventory/site', '--max-downloads-each', '1')
  await deploy(tenant.api, { all_devices: true })
  expect(await pollInTurn(devices)).toEqual([200, 204, 200])
  const output = await succeed()
  expect(lines(output)).toEqual(expect.arrayContaining(['Running now: 2', 'VALUE: RUNNING', 'Berlin: 1', 'Bremen: 1']))
})

test.each([
  [['--max-downloads', 'many'], '--max-downloads must be a number of devices'],
  [['--rate', '10'], '--rate must be bytes a second, at least 1000'],
  [['--rate', '5 MB'], '--rate must be bytes a second'],
  [['--attribute', 'site', '--max-downloads-each', '1'], '--attribute must be the scope and name of an attribute'],
  [['--download-timeout', '30'], '--download-timeout must be whole minutes'],
  [['--quiet-hours', 'at night'], '"at night" is not a window'],
])('%j is wrong usage', async (argv, message) => {
  expect(await muster(...argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
})

test('what needs something else says so', async () => {
  await succeed('--attribute', '', '--quiet-hours', '')
  expect(await muster('--rate-each', '1M')).toMatchObject({
    ...{ code: 2, stderr: expect.stringContaining('require --attribute') },
  })
  expect(await muster('--time-zone', 'UTC')).toMatchObject({
    ...{ code: 2, stderr: expect.stringContaining('A time zone requires --quiet-hours') },
  })
  expect(await muster('--attribute', 'inventory/site')).toMatchObject({ code: 2 })
})
