import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { logIn } from '../../src/client/manager.ts'
import { type Api, openApi } from '../support/api.ts'
import { noise } from '../support/artifact.ts'
import { abort, deploy, show, statistics } from '../support/deploy.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import { accept, addDevice, ddiDevice, enableDdi, reportedBy, uploadPlain, waitForPending } from './ddi-tenant.ts'
import { exchange } from './exchange.ts'
import { scratchDirectory } from './programs.ts'
import { type Exchanged, openPlayer, type Recording, readRecording, type UserStep } from './replay.ts'
import { expectCancel, expectDeployment, expectFile, expectRoot, expectSuccess } from './strict-clients.ts'

const ADMINISTRATOR = { email: 'admin@example.com', password: 'administrator' }
/** Zephyr knows only this tenant. */
const TENANT = 'DEFAULT'
const SIZE = 300_000

const CLIENTS = [
  { name: 'rauc-hawkbit-updater', extension: 'raucb', attributes: { product: 'camera', model: 'T-1000' } },
  { name: 'zephyr', extension: 'bin', attributes: { VIN: '0a1b2c3d4e5f', hwRevision: '3' } },
  { name: 'hara', extension: 'apk', attributes: { board: 'hara-board', version: '1' } },
]

describe.each(CLIENTS)('the recorded exchange of $name', ({ name, extension, attributes }) => {
  const server = useServer()
  const dir = scratchDirectory()
  const recording = readRecording(name)
  const controller_id = `${name}-1`
  const base = `/${TENANT}/controller/v1/${controller_id}`
  let api: Api
  let token: string
  let device_id: string
  let deployment = ''
  beforeAll(async () => {
    api = openApi(server.url, await logIn(server, ADMINISTRATOR))
    token = await enableDdi(api, { default_device_type: 'board' })
    if (usesTargetToken(recording)) {
      const added = await addDevice(api, controller_id)
      token = added.token
      device_id = added.device_id
    }
    for (const release of releasesOf(recording)) {
      const path = join(dir, `${release}.${extension}`)
      await writeFile(path, noise(SIZE))
      await uploadPlain(api, path, { name: release, device_types_compatible: 'board', version: '1' })
    }
  })
  afterEach(() => expectCountersToEqualRows(server.env.db))

  const expectInstalled = async (artifact_name: string) =>
    expect(await reportedBy(api, device_id)).toMatchObject({ artifact_name })
  async function act(step: UserStep) {
    if (step.do === 'deploy') {
      const { release, retries = 0 } = step
      deployment = await deploy(api, { artifact_name: release, devices: [device_id], retries })
    } else if (step.do === 'abort') {
      await abort(api, deployment)
    } else {
      device_id = await waitForPending(api, controller_id)
      await accept(api, device_id)
    }
  }

  test('is answered as the program needs it', async () => {
    const player = openPlayer(server.url, recording, { base, token })
    const check = checker(server.url)
    for (const [index, step] of recording.steps.entries())
      try {
        if ('request' in step) check(await player.play(step))
        else if ('do' in step) await act(step)
        else if ('installed' in step) await expectInstalled(step.installed)
        else expect(await statistics(api, deployment)).toEqual(step.expect)
      } catch (error) {
        throw new Error(`step ${index}, ${JSON.stringify(step).slice(0, 200)}: ${(error as Error).message}`)
      }
    expect(await show(api, deployment)).toMatchObject({ status: 'finished' })
    expect((await ddiDevice(api, device_id)).action).toMatchObject({ closed: expect.any(String) })
    expect(await reportedBy(api, device_id)).toMatchObject({ ...attributes, device_type: 'board' })
  })
})

describe('the limits of a small device', () => {
  const server = useServer()
  const dir = scratchDirectory()

  test('hold for the longest names of devices, files and releases', async () => {
    const api = openApi(server.url, await logIn(server, ADMINISTRATOR))
    const gateway_token = await enableDdi(api, { accepts_devices: true, default_device_type: 'board' })
    const controller_id = 'd'.repeat(64)
    const path = join(dir, `${'firmware-'.repeat(20)}.bin`)
    await writeFile(path, noise(SIZE))
    const release = 'r'.repeat(60)
    await uploadPlain(api, path, { name: release, device_types_compatible: 'board' })
    const head = `Host: ${new URL(server.url).host}\r\nAuthorization: GatewayToken ${gateway_token}\r\n\r\n`
    const get = (url: string) => exchange(server.url, `GET ${url} HTTP/1.1\r\n${head}`)
    const base = `/${TENANT}/controller/v1/${controller_id}`
    expectSuccess(await get(base))
    const attributes = JSON.stringify({ data: { VIN: '1' } })
    const put = `PUT ${base}/configData HTTP/1.1\r\nContent-Length: ${attributes.length}\r\n${head}${attributes}`
    expectSuccess(await exchange(server.url, put))
    const { body } = await api.get('/api/management/v2/devauth/devices?status=accepted')
    await deploy(api, { artifact_name: release, devices: [body[0].id] })
    const root = await get(base)
    expectSuccess(root)
    const links = JSON.parse(root.body.toString())._links
    const { pathname, search } = new URL(links.deploymentBase.href)
    const answer = await get(pathname + search)
    expectSuccess(answer)
    const update = JSON.parse(answer.body.toString())
    expectDeployment(update, update.id)
    const download = new URL(update.deployment.chunks[0].artifacts[0]._links['download-http'].href)
    const file = await get(download.pathname)
    expectSuccess(file)
    expectFile(file.body, update)
  })
})

/** Checks each response; remembers what the next ones must fit. */
function checker(url: string): (exchanged: Exchanged) => void {
  let update: unknown
  let received: Buffer = Buffer.alloc(0)
  return ({ step, path, response, learned }) => {
    const { body } = response
    expectSuccess(response, step.head === 'resume' ? 206 : 200)
    if (step.request === 'GET {base}') return expectRoot(JSON.parse(body.toString()), url)
    if (step.request.includes('{download}')) {
      received = step.head === 'resume' ? Buffer.concat([received, body]) : body
      if (!step.broken_off) expectFile(received, update)
      return
    }
    if (!step.request.startsWith('GET')) return expect(body).toHaveLength(0)
    const answer = JSON.parse(body.toString())
    if (path.includes('/cancelAction/')) return expectCancel(answer, learned.action)
    expectDeployment(answer, learned.action)
    update = answer
  }
}

const usesTargetToken = ({ heads }: Recording) => Object.values(heads).some((head) => head.includes('TargetToken'))

const releasesOf = ({ steps }: Recording) =>
  new Set(steps.flatMap((step) => ('do' in step && step.do === 'deploy' ? [step.release] : [])))
