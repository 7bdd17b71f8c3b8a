import { expect, test } from 'vitest'
import { authOf } from './support/auth.ts'
import { useCli } from './support/cli.ts'
import { useServer, useTenant } from './support/fixtures.ts'
import { startReceiver } from './support/receiver.ts'

const server = useServer({ environment: { MUSTER_WEBHOOK_ALLOW: 'loopback' } })
const tenant = useTenant(server)
const { run: muster, succeed } = useCli(server, tenant)

test('webhooks are created, shown, sent events again and deleted', async () => {
  await using receiver = await startReceiver(() => ({ status: receiver.deliveries.length > 1 ? 200 : 500 }))
  const create = ['webhooks', 'create', receiver.url, '--secret', '-', '--description', 'for ops']
  const { code, stdout } = await muster(create, '00ff\n')
  const id = stdout.trim()
  expect([code, id]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}$/)])
  expect(await succeed('webhooks', 'list')).toMatch(new RegExp(`${id} +${receiver.url} +yes +json +for ops +all\n`))
  await authOf(server, tenant).waiting()
  const deliveries = () => succeed('webhooks', 'deliveries', id)
  await expect
    .poll(deliveries)
    .toMatch(/ UTC +device-status-changed +pending +1 +the target responded with 500 +\S+ \S+ UTC\n/)
  const [delivery] = JSON.parse(await succeed('webhooks', 'deliveries', id, '--state', 'pending', '--json'))
  expect(await succeed('webhooks', 'redeliver', id, delivery.event_id)).toBe(`${delivery.event_id} queued\n`)
  await expect.poll(deliveries).toMatch(/ delivered +2 +200\n/)
  expect(await succeed('webhooks', 'deliveries', id, '--state', 'failed')).toBe('No deliveries found.\n')
  expect(await muster(['webhooks', 'redeliver', id, id])).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining(`Run "muster webhooks deliveries ${id}" to see the events.`) },
  })
  expect(await muster(['webhooks', 'delete', id, 'nowhere'])).toEqual({
    ...{ code: 1, stdout: `${id} deleted\n` },
    stderr: 'nowhere: There is nothing with the ID "nowhere". Run "muster webhooks list" to see the IDs.\n',
  })
  expect(await succeed('webhooks', 'list')).toBe('There are no webhooks, or your role does not show them.\n')
  expect(await muster(['webhooks', 'create', 'http://10.0.0.1/'])).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('credentials.http.url: must be public') },
  })
})

test('webhooks are created for some events and for chats, and are changed', async () => {
  await using receiver = await startReceiver()
  const events = ['--event', 'device-status-changed', '--event', 'device-decommissioned']
  const id = (await succeed('webhooks', 'create', receiver.url, '--format', 'slack', ...events)).trim()
  const auth = authOf(server, tenant)
  const { id: device, set_id } = await auth.waiting()
  await auth.setStatus(device, set_id, 'accepted')
  await receiver.until(({ length }) => length === 2)
  expect(receiver.deliveries.map(({ event }) => event.text)).toEqual([
    ...[`Device ${device} is pending`, `Device ${device} is accepted`],
  ])
  const listed = () => succeed('webhooks', 'list')
  expect(await listed()).toMatch(/ no +slack +device-decommissioned, device-status-changed\n/)
  const change = ['webhooks', 'change', id]
  expect(await succeed(...change, '--event', 'all', '--format', 'json', '--description', 'others')).toBe(
    `${id} changed\n`,
  )
  expect(await listed()).toMatch(/ no +json +others +all\n/)
  const target = ['--target', `${receiver.url}/other`]
  expect(await muster([...change, ...target, '--secret', '-'], '00ff\n')).toMatchObject({ code: 0 })
  expect(await listed()).toMatch(new RegExp(` ${receiver.url}/other +yes `))
  await auth.setStatus(device, set_id, 'rejected')
  await receiver.until(({ length }) => length === 3)
  expect(receiver.deliveries[2]).toMatchObject({ path: '/hook/other', event: { type: 'device-status-changed' } })
  for (const [wrong, problem] of [
    [[], 'Give at least one option'],
    [['--secret', '00'], '--secret needs --target'],
    [['--event', 'all', '--event', 'device-provisioned'], '--event all excludes others'],
  ] as const)
    expect(await muster([...change, ...wrong])).toMatchObject({ code: 2, stderr: expect.stringContaining(problem) })
  expect(await muster([...change, '--event', 'device-flew'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('events'),
  })
  expect(await muster(['webhooks', 'change', 'nowhere', '--format', 'json'])).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('Run "muster webhooks list" to see the IDs.') },
  })
  await succeed('webhooks', 'delete', id)
})
