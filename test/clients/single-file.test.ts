import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ARTIFACTS, noise } from '../support/artifact.ts'
import { deploy, statistics } from '../support/deploy.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { installHooks } from './mender-hooks.ts'
import { describeClients, mustRun, scratchDirectory } from './programs.ts'

const PATIENCE = { timeout: 270_000, interval: 300 }

describeClients(['mender', 'mender-artifact'], { root: true }, () => {
  const dir = scratchDirectory()
  const file = noise(300_001)
  const name = 'generated-1'
  const opened: AsyncDisposable[] = []
  let server: TestServer
  let tenant: TestTenant
  let uri: string
  beforeAll(async () => {
    server = await startServer()
    opened.push(server)
    tenant = await server.tenant()
    const form = new FormData()
    const args = { dest_dir: join(dir, 'installed here'), filename: 'app_1,2-3.conf', software_name: 'conf' }
    const parts = { name, description: '', device_types_compatible: 'qemux86-64', args: JSON.stringify(args) }
    for (const [part, text] of Object.entries({ ...parts, type: 'single_file' })) form.append(part, text)
    form.append('file', new Blob([new Uint8Array(file)]), 'local.txt')
    const answer = await tenant.api.post(`${ARTIFACTS}/generate`, form)
    expect(answer).toMatchObject({ status: 201 })
    uri = (await tenant.api.get(`${answer.headers.get('location')}/download`)).body.uri
  })
  afterAll(async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]()
  })

  test('mender-artifact reads and validates an artifact that was created from a single file', async () => {
    const path = join(dir, 'generated.mender')
    await writeFile(path, new Uint8Array(await (await fetch(uri)).arrayBuffer()))
    expect(await mustRun('mender-artifact', ['validate', path])).toContain('validated successfully')
    const read = await mustRun('mender-artifact', ['read', path])
    expect(read).toContain(`Name: ${name}`)
    expect(read).toContain("Compatible devices: '[qemux86-64]'")
    expect(read).toMatch(/Type:\s+single-file/)
    expect(read).toContain(`rootfs-image.conf.version: ${name}`)
    expect(read).toMatch(/size:\s+300001/)
  })

  test('a client installs the file at its destination', { timeout: 600_000 }, async () => {
    opened.push(await installHooks())
    const members = [{ name: 'single', inventory: {} }]
    const fleet: Fleet = await startFleet(dir, { server, tenant, members })
    opened.push(fleet)
    await fleet.letIn()
    const id = await deploy(tenant.api, { artifact_name: name, devices: [fleet.id('single')] })
    fleet.poll()
    await vi.waitFor(async () => expect(await statistics(tenant.api, id)).toEqual({ success: 1 }), PATIENCE)
    const path = join(dir, 'installed here', 'app_1,2-3.conf')
    expect((await readFile(path)).equals(file)).toBe(true)
    expect((await stat(path)).mode & 0o777).toBe(0o644)
    expect(await fleet.client('single').showArtifact()).toBe(name)
    expect(await fleet.client('single').showProvides()).toMatchObject({ 'rootfs-image.conf.version': name })
  })
})
