import { beforeAll, expect, test } from 'vitest'
import { deploy, statistics } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { runHere } from '../support/run-here.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { writeScriptArtifact } from './mender-artifact.ts'
import { logIn, menderCli, upload } from './mender-cli.ts'
import { describeClients, scratchDirectory } from './programs.ts'

describeClients(['mender-artifact', 'mender-cli'], {}, () => {
  const dir = scratchDirectory()
  let server: TestServer
  let tenant: TestTenant
  beforeAll(async () => {
    server = await startServer()
    tenant = await server.tenant()
    return () => server[Symbol.asyncDispose]()
  })
  const muster = (...argv: string[]) => runHere(argv, { MUSTER_URL: server.url, MUSTER_TOKEN: tenant.api.token ?? '' })

  test('muster uploads and deploys artifacts of mender-artifact, and lists uploads of mender-cli', async () => {
    const cli = menderCli(server.url, dir)
    await logIn(cli, tenant)
    expect(await upload(cli, await writeScriptArtifact(dir, 'by-mender-cli', '#!/bin/sh\n'))).toMatchObject({ code: 0 })
    const file = await writeScriptArtifact(dir, 'by-muster', '#!/bin/sh\n')
    expect(await muster('artifacts', 'upload', file)).toMatchObject({ code: 0 })
    expect(await muster('artifacts', 'upload', file)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('already'),
    })
    const { stdout } = await muster('artifacts', 'list', '--json')
    expect(
      JSON.parse(stdout)
        .map(({ name }: { name: string }) => name)
        .sort(),
    ).toEqual(['by-mender-cli', 'by-muster'])

    const [device] = await enrol(server, tenant, 1)
    const id = await deploy(tenant.api, { artifact_name: 'by-muster', devices: [device!.id] })
    await device!.next({ artifact_name: 'factory-0', device_type: 'qemux86-64' })
    await device!.report(id, 'success')
    expect(await statistics(tenant.api, id)).toEqual({ success: 1 })
    expect(await muster('deployments', 'watch', id)).toMatchObject({ code: 0 })
  })
})
