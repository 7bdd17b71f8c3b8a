import { describe, expect, test } from 'vitest'
import { useCli } from './support/cli.ts'
import { enrol } from './support/device.ts'
import { useServer, useTenant } from './support/fixtures.ts'
import { runHere } from './support/run-here.ts'

const DDI = '/api/management/v2/ddi'
const DEVAUTH = '/api/management/v2/devauth/devices'
const ID = '[0-9a-f-]{36}'

const server = useServer()
const tenant = useTenant(server)
const cli = useCli(server, tenant)
const { run: muster, succeed } = cli
const succeedJson = async (...argv: string[]) => JSON.parse(await succeed(...argv, '--json'))

describe('the settings of DDI', () => {
  const settings = async () => (await tenant.api.get(`${DDI}/settings`)).body

  test('are shown, and changed by options, which leave the others as they are', async () => {
    expect(await succeed('ddi', 'settings')).toMatch(/^Target tokens +off\nGateway tokens +off\n/)
    expect(await succeedJson('ddi', 'settings')).toEqual(await settings())
    await succeed('ddi', 'settings', '--gateway-tokens', 'on', '--polling-interval', '2m')
    const changed = [
      ...['--target-tokens', 'on', '--device-type-attribute', 'board', '--device-type-attribute', 'product'],
      ...['--busy-polling-interval', '10', '--default-device-type', 'gateway', '--certificate-issuer', 'aa:bb'],
    ]
    expect(await succeed('ddi', 'settings', ...changed)).toContain('Polling interval       120 s\n')
    expect(await settings()).toEqual({
      ...{ target_token: true, gateway_token: true, accepts_devices: false, certificate_issuers: ['aa:bb'] },
      ...{ polling_interval_s: 120, busy_polling_interval_s: 10, default_device_type: 'gateway' },
      device_type_attributes: ['board', 'product'],
    })
    await succeed('ddi', 'settings', '--certificate-issuer', '', '--default-device-type', '')
    expect(await settings()).toMatchObject({ certificate_issuers: [] })
    expect(await settings()).not.toHaveProperty('default_device_type')
  })

  test.each([
    [['--gateway-tokens', 'yes'], '--gateway-tokens must be on or off'],
    [['--polling-interval', 'often'], '--polling-interval must be a duration'],
  ])('%j is wrong usage', async (options, sentence) => {
    expect(await muster(['ddi', 'settings', ...options])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(sentence),
    })
  })
})

test('gateway tokens are created, listed and revoked, and shown only once', async () => {
  const shown = await succeed('gateway-tokens', 'create', 'plant 7')
  expect(shown).toMatch(/^Gateway token {2}\S{40,}\n$/)
  const moved = await muster(['gateway-tokens', 'create', 'moved', '--gateway-token', '-'], 'a token from before\n')
  expect(moved).toMatchObject({ code: 1, stderr: expect.stringContaining('token') })
  const own = 'a-token-from-before'
  expect(await muster(['gateway-tokens', 'create', 'moved', '--gateway-token', '-'], `${own}\n`)).toEqual({
    ...{ code: 0, stdout: `Gateway token  ${own}\n`, stderr: '' },
  })
  const listed = await succeed('gateway-tokens', 'list')
  expect(listed).toMatch(new RegExp(`^ID +NAME +CREATED\\n${ID}  plant 7  .* UTC\\n${ID}  moved    .* UTC\\n$`))
  const ids = (await succeedJson('gateway-tokens', 'list')).map(({ id }: { id: string }) => id)
  expect(await muster(['gateway-tokens', 'revoke', ...ids, 'nowhere'])).toEqual({
    code: 1,
    stdout: ids.map((id: string) => `${id} revoked\n`).join(''),
    stderr: 'nowhere: There is nothing with the ID "nowhere". Run "muster gateway-tokens list" to see the IDs.\n',
  })
  expect(await succeed('gateway-tokens', 'list')).toBe('There are no gateway tokens.\n')
})

describe('a device that speaks DDI', () => {
  test('is preauthorized with a target token, which is renewed and removed', async () => {
    const shown = await succeed('ddi', 'preauthorize', 'press 12')
    const [, id = '', token] = /^Device ID +(\S+)\nTarget token +(\S{40,})\n$/.exec(shown) ?? []
    expect(await succeed('ddi', 'show', id)).toBe(
      `Device ID      ${id}\nController ID  press 12\nTarget token   yes\nConfig data    asked for at the next poll\n`,
    )
    expect(await succeedJson('ddi', 'show', id)).toEqual((await tenant.api.get(`${DDI}/devices/${id}`)).body)
    const renewed = await succeed('ddi', 'renew-token', id)
    expect(renewed).toMatch(/^Target token {2}\S{40,}\n$/)
    expect(renewed).not.toContain(token)
    const own = ['--target-token', 'a-token-from-before']
    expect(await succeedJson('ddi', 'renew-token', id, ...own)).toEqual({ token: 'a-token-from-before' })
    expect(await succeedJson('ddi', 'remove-token', id)).toEqual({ removed: [id] })
    expect(await succeed('ddi', 'show', id)).toContain('Target token   none\n')
    expect(await succeed('ddi', 'ask', id)).toBe(`${id} asked\n`)
    expect(await muster(['ddi', 'preauthorize', 'press 12'])).toMatchObject({ code: 1, stdout: '' })
  })

  test('has its dialect in the list of devices, which otherwise has no such column', async () => {
    const owner = await server.tenant()
    const mine = { MUSTER_URL: server.url, MUSTER_TOKEN: owner.api.token!, XDG_CONFIG_HOME: cli.scratch }
    await enrol(server, owner, 1)
    const list = async (...options: string[]) => (await runHere(['devices', 'list', ...options], mine)).stdout
    expect(await list()).not.toContain('DIALECT')
    await runHere(['ddi', 'preauthorize', 'press 12'], mine)
    expect(await list()).toMatch(/^ID +STATUS +DIALECT +IDENTITY .*\n\S+ +Accepted +Mender +mac=.*\n/)
    expect(await list('--status', 'preauthorized')).toMatch(/\n\S+ +Preauthorized +DDI +hawkbit_id=press 12 /)
  })

  test('is not a device that speaks the protocol of Mender', async () => {
    const [device] = await enrol(server, tenant, 1)
    for (const command of ['show', 'renew-token', 'remove-token', 'ask'])
      expect(await muster(['ddi', command, device!.id])).toMatchObject({
        ...{ code: 1, stdout: '', stderr: expect.stringContaining("The device speaks Mender's protocol") },
      })
    expect(await muster(['ddi', 'show', 'nowhere'])).toMatchObject({
      stderr: 'There is nothing with the ID "nowhere". Run "muster devices list" to see the IDs.\n',
    })
    expect((await tenant.api.get(`${DEVAUTH}/${device!.id}`)).body.status).toBe('accepted')
  })
})

describe('a simulation', () => {
  test.each([
    ['devices', ['--dialect', 'other'], '--dialect must be mender, ddi or mixed'],
    ['devices', ['--dialect', 'ddi'], '--dialect ddi needs --gateway-token'],
    ['load', ['--dialect', 'mixed'], '--dialect mixed needs --gateway-token'],
    ['devices', ['--interval', 'often'], '--interval must be a duration'],
  ])('of %s with %j is wrong usage', async (what, options, sentence) => {
    expect(await muster(['simulate', what, ...options])).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining(sentence) },
    })
  })
})
