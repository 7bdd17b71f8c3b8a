import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authOf } from './support/auth.ts'
import { useServer, useTenant } from './support/fixtures.ts'
import { startReceiver } from './support/receiver.ts'
import { runHere } from './support/run-here.ts'

const server = useServer({ environment: { MUSTER_WEBHOOK_ALLOW: 'loopback' } })
const tenant = useTenant(server)
let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'muster-webhooks-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

const muster = (argv: string[], input = '') =>
  runHere(argv, { MUSTER_URL: server.url, MUSTER_TOKEN: tenant.api.token!, XDG_CONFIG_HOME: scratch }, input)

async function succeed(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await muster(argv)
  expect([argv, code, stderr]).toEqual([argv, 0, ''])
  return stdout
}

test('webhooks are created, shown, sent events again and deleted', async () => {
  await using receiver = await startReceiver(() => ({ status: receiver.deliveries.length > 1 ? 200 : 500 }))
  const create = ['webhooks', 'create', receiver.url, '--secret', '-', '--description', 'for ops']
  const { code, stdout } = await muster(create, '00ff\n')
  const id = stdout.trim()
  expect([code, id]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}$/)])
  expect(await succeed('webhooks', 'list')).toMatch(new RegExp(`${id} +${receiver.url} +yes +for ops\n`))
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
