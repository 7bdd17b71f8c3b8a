import { beforeAll, describe, expect, test } from 'vitest'
import { MAX_FILE_SIZE } from '../../src/artifacts/generate-artifact.ts'
import type { Api } from '../support/api.ts'
import { ARTIFACTS, noise, sha256 } from '../support/artifact.ts'
import { deploy, poll } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'

const GENERATE = `${ARTIFACTS}/generate`

const server = useServer()
const tenant = useTenant(server)
let api: Api
beforeAll(async () => {
  api = tenant.api
})

const PARTS = {
  name: 'app-1',
  description: 'made here',
  device_types_compatible: 'qemux86-64,raspberrypi4',
  type: 'single_file',
  args: { dest_dir: '/opt/app', filename: 'app.conf' } as unknown,
}

/** Like the web GUI: the file comes last. */
function form(
  parts: Record<string, unknown>,
  file: Uint8Array | string | undefined = 'content',
  file_name = 'local.txt',
) {
  const form = new FormData()
  for (const [name, value] of Object.entries({ ...PARTS, ...parts }))
    if (value !== undefined) form.append(name, typeof value === 'string' ? value : JSON.stringify(value))
  if (file !== undefined) form.append('file', new Blob([file as Uint8Array<ArrayBuffer>]), file_name)
  return form
}

async function generate(parts: Record<string, unknown>, file?: Uint8Array | string, file_name?: string) {
  const response = await api.post(GENERATE, form(parts, file, file_name))
  expect(response).toMatchObject({ status: 201, text: '' })
  return (await api.get(response.headers.get('location') ?? '')).body
}

const blobs = async () => (await server.filesOf(tenant.tenant_id)).length

describe('an artifact generated from a file', () => {
  test('installs the file at its destination', async () => {
    const file = noise(100_000)
    const artifact = await generate({}, file)
    const item = (name: string, content: Buffer | string) => ({
      ...{ name, checksum: sha256(content), size: content.length, date: expect.any(String) },
    })
    expect(artifact).toMatchObject({
      name: 'app-1',
      description: 'made here',
      device_types_compatible: ['qemux86-64', 'raspberrypi4'],
      info: { format: 'mender', version: 3 },
      signed: false,
      artifact_provides: { artifact_name: 'app-1', 'rootfs-image.single-file.version': 'app-1' },
      artifact_depends: { device_type: ['qemux86-64', 'raspberrypi4'] },
      clears_artifact_provides: ['rootfs-image.single-file.*'],
      updates: [
        {
          type_info: { type: 'single-file' },
          files: [
            item('dest_dir', '/opt/app\n'),
            item('filename', 'app.conf\n'),
            item('permissions', '644\n'),
            item('app.conf', file),
          ],
        },
      ],
    })
    const { body } = await api.get(`${ARTIFACTS}/${artifact.id}/download`)
    const bytes = new Uint8Array(await (await fetch(body.uri)).arrayBuffer())
    expect(bytes.length).toBe(artifact.size)
    expect(Buffer.from(bytes).includes(file)).toBe(true)
  })

  test.each([
    ['nothing', ''],
    ['one byte', 'x'],
    ['a whole block', 'x'.repeat(512)],
    ['one byte more than a block', 'x'.repeat(513)],
    ['a few MiB', noise(5_000_000)],
  ])('may contain %s', async (name, file) => {
    const { size, updates } = await generate({ name }, file)
    expect(updates[0].files[3]).toMatchObject({ size: file.length, checksum: sha256(file as Buffer) })
    expect(size).toBeGreaterThanOrEqual(Math.max(4096, file.length))
  })

  test.each(['app.conf', '-rf', '.hidden', `${'long'.repeat(50)}.txt`, 'A,b_c-9'])(
    'may be named %.30s on the device',
    async (filename) => {
      const { updates } = await generate({ name: `n-${filename}`, args: { dest_dir: '/', filename } })
      expect(updates[0].files[3].name).toBe(filename)
    },
  )

  test('has the name of the uploaded file by default', async () => {
    const { updates } = await generate({ name: 'unnamed', args: { dest_dir: '/opt' } }, 'x', 'local.txt')
    expect(updates[0].files[3].name).toBe('local.txt')
  })

  test('provides the requested software', async () => {
    const software = { software_filesystem: 'data-partition', software_name: 'app', software_version: '2.0' }
    const args = { dest_dir: '/opt', filename: 'f', ...software }
    expect(await generate({ name: 'soft', args })).toMatchObject({
      artifact_provides: { artifact_name: 'soft', 'data-partition.app.version': '2.0' },
      clears_artifact_provides: ['data-partition.app.*'],
    })
  })

  test('is deployed like any other', async () => {
    const tenant = await server.tenant()
    const response = await tenant.api.post(GENERATE, form({}))
    expect(response.status).toBe(201)
    const [device] = await enrol(server, tenant, 1)
    if (!device) throw new Error('no device')
    await deploy(tenant.api, { artifact_name: 'app-1', devices: [device.id] })
    expect(await poll(device)).toMatchObject({ status: 200, body: { artifact: { artifact_name: 'app-1' } } })
    const { body } = await tenant.api.get('/api/management/v1/auditlogs/logs?object_type=artifact')
    expect(body).toMatchObject([{ action: 'upload', object: { artifact: { name: 'app-1' } } }])
  })

  test('must differ from the existing artifacts', async () => {
    await generate({ name: 'once' })
    const before = await blobs()
    expect(await api.post(GENERATE, form({ name: 'once' }, 'other'))).toMatchObject({
      status: 422,
      body: { error: 'Artifact not unique', metadata: { conflict: { artifact_name: 'once' } } },
    })
    expect(await blobs()).toBe(before)
    await generate({ name: 'once', device_types_compatible: ' other , other' })
  })
})

describe('generating an artifact', () => {
  test.each<[string, Record<string, unknown>]>([
    ['no name', { name: undefined }],
    ['an empty name', { name: '' }],
    ['a name of two lines', { name: 'a\nb' }],
    ['a NUL in the name', { name: 'a\0b' }],
    ['a name that is too long', { name: 'x'.repeat(257) }],
    ['a NUL in the description', { description: '\0' }],
    ['no device types', { device_types_compatible: undefined }],
    ['empty device types', { device_types_compatible: ' , ' }],
    ['another type', { type: 'directory' }],
    ['no type', { type: undefined }],
    ['no args', { args: undefined }],
    ['args that are not JSON', { args: '{' }],
    ['args that are a list', { args: [] }],
    ['args that are null', { args: 'null' }],
    ['no directory', { args: { filename: 'f' } }],
    ['a relative directory', { args: { dest_dir: 'opt' } }],
    ['a directory of two lines', { args: { dest_dir: '/a\n/b' } }],
    ['half a surrogate pair', { args: '{"dest_dir":"/\\ud800"}' }],
    ['a path as a name', { args: { dest_dir: '/opt', filename: '../etc/passwd' } }],
    ['a name with a space, which no client installs', { args: { dest_dir: '/opt', filename: 'a b' } }],
    ['a name that is not ASCII', { args: { dest_dir: '/opt', filename: 'ünï' } }],
    ['the parent as a name', { args: { dest_dir: '/opt', filename: '..' } }],
    ['a name that the module itself needs', { args: { dest_dir: '/opt', filename: 'dest_dir' } }],
    ['a number as a name', { args: { dest_dir: '/opt', filename: 7 } }],
    ['a list as a version', { args: { dest_dir: '/opt', software_version: ['1'] } }],
  ])('is rejected with %s, and leaves nothing behind', async (_, parts) => {
    const before = [await blobs(), (await api.get(ARTIFACTS)).body.length]
    const response = await api.post(GENERATE, form({ name: 'refused', ...parts }))
    expect(response).toMatchObject({ status: 400, body: { error: expect.stringMatching(/\w \w/) } })
    expect([await blobs(), (await api.get(ARTIFACTS)).body.length]).toEqual(before)
  })

  test('requires a file in a form', async () => {
    const none = new FormData()
    none.append('name', 'x')
    expect(await api.post(GENERATE, none)).toMatchObject({
      status: 400,
      body: { error: 'request does not contain the file file' },
    })
    expect(await api.post(GENERATE, { name: 'x' })).toMatchObject({ status: 415 })
  })

  test('of more than 256 MiB is 413, and leaves nothing behind', async () => {
    const before = await blobs()
    const response = await api.post(GENERATE, form({ name: 'large' }, new Uint8Array(MAX_FILE_SIZE + 1)))
    expect(response).toMatchObject({
      status: 413,
      body: {
        error: 'The file is larger than 268435456 bytes: build the artifact with mender-artifact and upload it.',
      },
    })
    expect(await blobs()).toBe(before)
  })

  test('is visible to its own tenant only', async () => {
    const artifact = await generate({ name: 'private' })
    expect(await (await server.tenant()).api.get(`${ARTIFACTS}/${artifact.id}`)).toMatchObject({ status: 404 })
  })
})
