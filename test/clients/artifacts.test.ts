import { randomBytes } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { ARTIFACTS } from '../support/artifact.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { DEVICE_TYPES, writeArtifact, writeScriptArtifact } from './mender-artifact.ts'
import { logIn, type MenderCli, menderCli, upload } from './mender-cli.ts'
import { describeClients, isExecutable, mustRun, scratchDirectory } from './programs.ts'

const EXAMPLES = '/usr/share/doc/mender-client/examples'
const SCRIPT = '#!/bin/sh\necho hello\n'

describeClients(['mender-artifact', 'mender-cli'], {}, () => {
  const dir = scratchDirectory()
  let server: TestServer
  let tenant: TestTenant
  let cli: MenderCli
  beforeAll(async () => {
    server = await startServer()
    tenant = await server.tenant()
    cli = menderCli(server.url, dir)
    expect(await logIn(cli, tenant)).toMatchObject({ code: 0 })
    return () => server[Symbol.asyncDispose]()
  })

  /** Uploads a file with mender-cli and returns the artifact as the server shows it. */
  async function uploaded(file: string, name: string) {
    expect(await upload(cli, file, `about ${name}`)).toMatchObject({ code: 0 })
    const { body } = await tenant.api.get(`${ARTIFACTS}?name=${name}`)
    const { size } = await stat(file)
    expect(body).toMatchObject([{ name, description: `about ${name}`, size, info: { format: 'mender' } }])
    return body[0]
  }

  const expected = (name: string, more: object = {}) => ({
    device_types_compatible: ['qemux86-64', 'raspberrypi4'],
    artifact_depends: { device_type: ['qemux86-64', 'raspberrypi4'] },
    artifact_provides: { artifact_name: name, 'rootfs-image.script.version': name },
    clears_artifact_provides: ['rootfs-image.script.*'],
    signed: false,
    info: { format: 'mender', version: 3 },
    updates: [{ type_info: { type: 'script' }, files: [{ name: `${name}.sh`, size: SCRIPT.length }] }],
    ...more,
  })

  test.each(['gzip', 'none', 'lzma'])('a module image compressed with %s is stored completely', async (compression) => {
    const name = `module-${compression}`
    const file = await writeScriptArtifact(dir, name, SCRIPT, ['--compression', compression])
    expect(await uploaded(file, name)).toMatchObject(expected(name))
  })

  test('depends, provides, clears_provides and meta-data of a module image are shown', async () => {
    const meta_data = join(dir, 'meta.json')
    await writeFile(meta_data, '{"a":{"b":[1]}}')
    const needs = ['-N', 'base-1', '-N', 'base-2', '-G', 'prod', '-d', 'hw:rev2']
    const gives = ['-g', 'prod', '-p', 'app.version:2.0', '--clears-provides', 'app.*', '-m', meta_data]
    const artifact = await uploaded(await writeScriptArtifact(dir, 'rich', SCRIPT, [...needs, ...gives]), 'rich')
    expect(artifact).toMatchObject({
      artifact_depends: {
        device_type: ['qemux86-64', 'raspberrypi4'],
        artifact_name: ['base-1', 'base-2'],
        artifact_group: ['prod'],
        hw: 'rev2',
      },
      artifact_provides: {
        artifact_name: 'rich',
        artifact_group: 'prod',
        'app.version': '2.0',
        'rootfs-image.script.version': 'rich',
      },
      clears_artifact_provides: ['app.*', 'rootfs-image.script.*'],
      updates: [{ metadata: { a: { b: [1] } } }],
    })
  })

  test.each([
    ['rsa', ['genrsa', '-traditional', '2048']],
    ['ec', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout']],
  ])('an artifact signed with an %s key is shown as signed', async (kind, makeKey) => {
    const key = join(dir, `${kind}.pem`)
    await writeFile(key, await mustRun('openssl', makeKey))
    const name = `signed-${kind}`
    const artifact = await uploaded(await writeScriptArtifact(dir, name, SCRIPT, ['-k', key]), name)
    expect(artifact).toMatchObject(expected(name, { signed: true }))
  })

  test('state scripts are accepted and are not a payload', async () => {
    const script = join(dir, 'ArtifactInstall_Enter_00_hello')
    await writeFile(script, SCRIPT)
    const artifact = await uploaded(await writeScriptArtifact(dir, 'scripted', SCRIPT, ['-s', script]), 'scripted')
    expect(artifact).toMatchObject(expected('scripted'))
    expect(artifact.updates[0].files).toHaveLength(1)
  })

  test.each([2, 3])('a root file system in format %i has its type, size and checksum', async (version) => {
    const name = `rootfs-v${version}`
    const image = randomBytes(300_000)
    await writeFile(join(dir, 'rootfs.img'), image)
    const args = ['rootfs-image', '-v', String(version), '-f', join(dir, 'rootfs.img'), '--no-progress']
    const artifact = await uploaded(await writeArtifact(dir, name, [...args, ...DEVICE_TYPES]), name)
    expect(artifact).toMatchObject({
      info: { version },
      device_types_compatible: ['qemux86-64', 'raspberrypi4'],
      updates: [{ type_info: { type: 'rootfs-image' }, files: [{ name: 'rootfs.img', size: image.length }] }],
    })
    const provided = { artifact_name: name, 'rootfs-image.version': name }
    if (version === 3) expect(artifact.artifact_provides).toMatchObject(provided)
  })

  test('a bootstrap artifact has provides and no payload to install', async () => {
    const args = ['bootstrap-artifact', ...DEVICE_TYPES, '-p', 'k:v']
    expect(await uploaded(await writeArtifact(dir, 'bootstrap', args), 'bootstrap')).toMatchObject({
      artifact_provides: { artifact_name: 'bootstrap', k: 'v' },
      updates: [{ type_info: { type: null }, files: [] }],
    })
  })

  test.skipIf(!isExecutable(`${EXAMPLES}/single-file-artifact-gen`)).each(['single-file', 'directory'])(
    'what %s-artifact-gen makes is taken',
    async (module) => {
      await mkdir(join(dir, 'tree'), { recursive: true })
      await writeFile(join(dir, 'tree', 'payload.txt'), 'payload')
      const name = `generated-${module}`
      const file = join(dir, `${name}.mender`)
      const payload = join(dir, module === 'directory' ? 'tree' : 'tree/payload.txt')
      const args = ['-n', name, '-t', 'qemux86-64', '-d', '/opt/app', '-o', file, payload]
      await mustRun(`${EXAMPLES}/${module}-artifact-gen`, args, { cwd: dir })
      expect(await uploaded(file, name)).toMatchObject({
        device_types_compatible: ['qemux86-64'],
        artifact_provides: { [`rootfs-image.${module}.version`]: name },
        updates: [{ type_info: { type: module } }],
      })
    },
  )

  test('a tampered artifact is rejected and leaves no data', async () => {
    const file = await writeScriptArtifact(dir, 'tampered', SCRIPT, ['--compression', 'none'])
    const bytes = await readFile(file)
    bytes.write('EVIL!', bytes.lastIndexOf('hello'))
    await writeFile(file, bytes)
    const outcome = await upload(cli, file)
    expect(outcome.code).not.toBe(0)
    expect(outcome.stderr).toContain('400')
    expect((await tenant.api.get(`${ARTIFACTS}?name=tampered`)).body).toEqual([])
  })
})
