import { randomBytes } from 'node:crypto'
import { open, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ARTIFACTS, sha256 } from '../support/artifact.ts'
import { deploy, show, statistics } from '../support/deploy.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { addDevice, enableDdi, reportedBy, uploadPlain } from './ddi-tenant.ts'
import { startDownloadProxy } from './download-proxy.ts'
import { describeClients, mustRun, scratchDirectory } from './programs.ts'
import { makeSigner, packSwu, type Signer } from './swu.ts'
import { startSwupdate } from './swupdate.ts'

const PATIENCE = { timeout: 180_000, interval: 300 }
const MB = 1_000_000

describeClients(['swupdate', 'cpio', 'openssl', 'zck'], {}, () => {
  const server = useServer()
  const tenant = useTenant(server)
  const dir = scratchDirectory()
  const opened: AsyncDisposable[] = []
  const old_image = join(dir, 'old.img')
  const new_image = join(dir, 'new.img')
  const installed = join(dir, 'installed.img')
  beforeAll(async () => {
    await writeFile(old_image, randomBytes(4 * MB))
    const image = await readFile(old_image)
    // Changed in places that lie far apart, so that their chunks are asked for as separate ranges.
    for (const at of [0.5, 1.5, 2.5, 3.5]) randomBytes(1000).copy(image, at * MB)
    await writeFile(new_image, image)
    await mustRun('zck', ['-u', '--chunk-hash-type', 'sha256', '--output', `${new_image}.zck`, new_image])
  })
  afterAll(async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]()
  })

  /** An image without the new chunks: the device asks for them at a URL. */
  async function uploadDelta(signer: Signer, uri: string) {
    const header = await headerOf(`${new_image}.zck`)
    const description = `software = {
  version = "2";
  hardware-compatibility = [ "1.0" ];
  files: ({
    filename = "image.header"; type = "delta"; path = "${installed}"; sha256 = "${sha256(header)}";
    properties: { url = "${uri}"; chain = "rawfile"; source = "${old_image}"; zckloglevel = "error"; };
  });
}
`
    const file = await packSwu(dir, signer, { name: 'delta', description, files: { 'image.header': header } })
    await uploadPlain(tenant.api, file, { name: 'delta', device_types_compatible: 'board' })
  }

  test('SWUpdate downloads only the chunks that an image does not share with the old one', async () => {
    const { api } = tenant
    const proxy = await startDownloadProxy(server.url, /\.zck\b/)
    opened.push(proxy)
    await enableDdi(api, { default_device_type: 'board' })
    const zck = await uploadPlain(api, `${new_image}.zck`, { name: 'delta-chunks', device_types_compatible: 'nothing' })
    const { body: link } = await api.get(`${ARTIFACTS}/${zck}/download`)
    const uri = proxy.url + link.uri.slice(new URL(link.uri).origin.length)
    const signer = await makeSigner(dir)
    await uploadDelta(signer, uri)
    const { device_id, token } = await addDevice(api, 'delta-1')
    const where = { name: 'delta-1', url: server.url, tenant: tenant.tenant_id, token: ['-k', token] as const }
    const device = await startSwupdate(dir, {
      ...{ ...where, signer, attributes: { serial: '1' }, after_installation: 'success' },
    })
    opened.push(device)
    await vi.waitFor(async () => expect(await reportedBy(api, device_id)).toMatchObject({ serial: '1' }), PATIENCE)
    const deployment = await deploy(api, { artifact_name: 'delta', devices: [device_id] })
    await vi.waitFor(async () => expect((await show(api, deployment)).status).toBe('finished'), PATIENCE)
    expect(await statistics(api, deployment)).toEqual({ success: 1 })
    expect(sha256(await readFile(installed))).toBe(sha256(await readFile(new_image)))
    expect(proxy.downloads).toMatchObject([{ range: expect.stringMatching(/^bytes=\d+-\d+(,\d+-\d+)+$/), status: 206 }])
  })
})

/** The part of a zchunk file that an image carries: what its chunks are. */
async function headerOf(path: string): Promise<Buffer> {
  const facts = await mustRun('zck_read_header', ['-v', path])
  const size = Number(/Header size: *(\d+)/.exec(facts)?.[1])
  expect(size).toBeLessThan((await stat(path)).size)
  const file = await open(path)
  const { buffer } = await file.read(Buffer.alloc(size), 0, size, 0)
  await file.close()
  return buffer
}
