import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { ARTIFACTS } from '../support/artifact.ts'
import { enrol } from '../support/device.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { writeScriptArtifact } from './mender-artifact.ts'
import { logIn, menderCli, upload } from './mender-cli.ts'
import { describeClients, mustRun, scratchDirectory } from './programs.ts'

describeClients(['mender-artifact', 'mender-cli'], {}, () => {
  const dir = scratchDirectory()
  let server: TestServer
  let tenant: TestTenant
  beforeAll(async () => {
    server = await startServer()
    tenant = await server.tenant()
    return () => server[Symbol.asyncDispose]()
  })
  const openCli = (name: string) => menderCli(server.url, join(dir, name))

  test('login stores a bare token; with a wrong password it stores none', async () => {
    const cli = openCli('login')
    const refused = await logIn(cli, { ...tenant, password: 'wrong password' })
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toContain('401')
    await expect(readFile(cli.token_file)).rejects.toThrow('ENOENT')
    expect(await logIn(cli, tenant)).toMatchObject({ code: 0 })
    expect(await readFile(cli.token_file, 'utf8')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  })

  test('without a login every command fails', async () => {
    const outcome = await openCli('stranger')('--token-value', 'a.b.c', 'artifacts', 'list')
    expect(outcome.code).not.toBe(0)
    expect(outcome.stderr).toContain('401')
  })

  test('artifacts are uploaded, listed in full detail, rejected as duplicates, and deleted', async () => {
    const cli = openCli('artifacts')
    await logIn(cli, tenant)
    const file = await writeScriptArtifact(dir, 'listed', '#!/bin/sh\n')
    expect(await upload(cli, file, 'the first')).toMatchObject({ code: 0 })
    const again = await upload(cli, file)
    expect(again.code).not.toBe(0)
    expect(again.stderr).toContain('409')
    const list = await cli('artifacts', 'list', '-d', '3')
    expect(list.code).toBe(0)
    expect(list.stdout).toMatch(
      /Name: listed\n.*Description: the first\n.*qemux86-64\n.*Type: script\n.*Name: listed.sh\n/s,
    )
    const id = /^ID: (.*)$/m.exec(list.stdout)?.[1] ?? ''
    expect(await cli('artifacts', 'delete', id)).toMatchObject({ code: 0 })
    expect((await cli('artifacts', 'delete', id)).code).not.toBe(0)
    expect((await cli('artifacts', 'list')).stdout).not.toContain('listed')
  })

  test('devices are listed as the management API shows them', async () => {
    const cli = openCli('devices')
    await logIn(cli, tenant)
    await enrol(server, tenant, 2)
    // mender-cli writes them to stderr.
    const { code, stderr } = await cli('devices', 'list', '--raw')
    expect(code).toBe(0)
    const devices = JSON.parse(stderr)
    expect(devices).toHaveLength(2)
    expect(devices).toEqual((await tenant.api.get('/api/management/v2/devauth/devices')).body)
    const { stdout } = await cli('devices', 'list', '-d', '2')
    for (const { id } of devices) expect(stdout).toContain(`ID: ${id}\n`)
  })

  test('another tenant can neither see nor delete the artifacts', async () => {
    const cli = openCli('here')
    await logIn(cli, tenant)
    await upload(cli, await writeScriptArtifact(dir, 'private', '#!/bin/sh\n'))
    const { body } = await tenant.api.get(`${ARTIFACTS}?name=private`)
    const other = openCli('elsewhere')
    await logIn(other, await server.tenant())
    expect(await other('artifacts', 'list')).toMatchObject({ code: 0, stdout: expect.not.stringContaining('private') })
    expect(await other('artifacts', 'delete', body[0].id)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('404'),
    })
    expect((await tenant.api.get(`${ARTIFACTS}/${body[0].id}`)).status).toBe(200)
  })

  test('everything works over https', async () => {
    const tls = await makeCertificate(dir)
    await using secure = await startServer({ tls })
    expect(secure.url).toMatch(/^https:/)
    const cli = menderCli(secure.url, join(dir, 'https'), { SSL_CERT_FILE: tls.cert })
    expect(await logIn(cli, await secure.tenant())).toMatchObject({ code: 0 })
    expect(await upload(cli, await writeScriptArtifact(dir, 'secure', '#!/bin/sh\n'))).toMatchObject({ code: 0 })
    const { stdout } = await cli('artifacts', 'list')
    expect(await cli('artifacts', 'delete', /^ID: (.*)$/m.exec(stdout)?.[1] ?? '')).toMatchObject({ code: 0 })
    expect(await cli('devices', 'list', '--raw')).toMatchObject({ code: 0, stderr: '[]' })
  })
})

/** A self-signed certificate for localhost. */
async function makeCertificate(dir: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = [join(dir, 'server.crt'), join(dir, 'server.key')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  await mustRun('openssl', ['req', '-x509', ...ec, '-keyout', key, '-out', cert, ...subject])
  return { cert, key }
}
