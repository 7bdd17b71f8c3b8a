import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { useCli } from './support/cli.ts'
import { readConfig, reportConfig } from './support/configuration.ts'
import { show } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { useServer, useTenant } from './support/fixtures.ts'

const server = useServer()
const tenant = useTenant(server)
let device: SimulatedDevice
beforeEach(async () => {
  ;[device] = (await enrol(server, tenant, 1)) as [SimulatedDevice]
})
const cli = useCli(server, tenant)
const { run: muster, succeed } = cli

const configured = async () => (await readConfig(tenant.api, device)).configured

test('a configuration is set, shown beside what the device reports, and deployed', async () => {
  const { id } = device
  expect(await succeed('config', 'get', id)).toMatch(
    /^No configuration is set, and none is reported\.\nSet +\d{4}-.* UTC\nReported +never\nDeployment +none\n$/,
  )
  expect(await succeed('config', 'set', id, 'timezone=Europe/Oslo', 'motd=a=b c')).toBe(`${id} configured\n`)
  expect(await configured()).toEqual({ timezone: 'Europe/Oslo', motd: 'a=b c' })
  await succeed('config', 'set', id, 'led=', '--remove', 'motd')
  expect(await configured()).toEqual({ timezone: 'Europe/Oslo', led: '' })
  await reportConfig(server, device, '{"timezone":"UTC","led":"","old":"x"}')
  expect(await succeed('config', 'get', id)).toMatch(
    /^KEY +WANTED +REPORTED\nled *\nold +- +x +differs\ntimezone +Europe\/Oslo +UTC +differs\nSet /,
  )
  const deployment_id = /^Deployment ID {2}(.*)\n$/.exec(await succeed('config', 'deploy', id, '--retries', '2'))?.[1]
  expect(await show(tenant.api, deployment_id ?? '')).toMatchObject({ type: 'configuration', retries: 2 })
  expect(await succeed('deployments', 'list')).toMatch(/Configuration of .* +configuration +Pending/)
  expect(await succeed('deployments', 'show', deployment_id ?? '')).toMatch(/\nRelease +configuration\n/)
  expect(await succeed('devices', 'explain', id)).toContain('The device will be offered the update at its next poll.')
})

test('a configuration is replaced by a file, deployed at once, and printed as JSON', async () => {
  const { id } = device
  const file = join(cli.scratch, 'config.json')
  await writeFile(file, '{"a": "1", "b": "2"}')
  const done = JSON.parse(await succeed('config', 'set', id, '--file', file, '--deploy', '--json'))
  const { deployment_id } = await readConfig(tenant.api, device)
  expect(done).toEqual({ id, configured: { a: '1', b: '2' }, deployment_id })
  const { stdout } = await muster(['config', 'set', id, '--file', '-'], '{"c": "3"}')
  expect([stdout, await configured()]).toEqual([`${id} configured\n`, { c: '3' }])
  expect(JSON.parse(await succeed('config', 'get', id, '--json'))).toEqual(await readConfig(tenant.api, device))
  const again = JSON.parse(await succeed('config', 'deploy', id, '--json'))
  expect(again).toEqual({ deployment_id: (await readConfig(tenant.api, device)).deployment_id })
})

test('wrong usage, and what the server refuses, say what to do', async () => {
  const { id } = device
  const bad = join(cli.scratch, 'bad.json')
  await writeFile(bad, '{')
  const usage: [string[], string][] = [
    [['set', id], 'Give keys as KEY=VALUE, --remove KEY, or --file FILE'],
    [['set', id, 'timezone'], 'timezone is not KEY=VALUE'],
    [['set', id, '=x'], '=x is not KEY=VALUE'],
    [['set', id, 'a=b', '--file', bad], 'Give either --file or keys'],
    [['set', id, '--file', bad], `${bad} is not JSON`],
    [['deploy', id, '--retries', 'x'], '--retries must be a whole number'],
    [['get'], 'ID is required'],
  ]
  for (const [words, problem] of usage)
    expect(await muster(['config', ...words])).toMatchObject({ code: 2, stderr: expect.stringContaining(problem) })
  const refused: [string[], string][] = [
    [['get', 'nowhere'], 'There is nothing with the ID "nowhere". Run "muster devices list" to see the IDs.'],
    [['deploy', 'nowhere'], 'There is nothing with the ID "nowhere".'],
    [['set', 'nowhere', 'a=b'], 'There is nothing with the ID "nowhere".'],
    [['set', id, `${'k'.repeat(5000)}=b`], 'the key must be at most 4096 characters long'],
    [['set', id, '--file', join(cli.scratch, 'none.json')], 'Cannot read'],
  ]
  for (const [words, problem] of refused)
    expect(await muster(['config', ...words])).toMatchObject({ code: 1, stderr: expect.stringContaining(problem) })
  expect(await configured()).toEqual({})
})
