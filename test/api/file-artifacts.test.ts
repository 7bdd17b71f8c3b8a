import { createHash, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Api } from '../support/api.ts'
import { ARTIFACTS, buildArtifact, noise, uploadFile, uploadTestArtifact } from '../support/artifact.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import {
  CRYPT_RAUCB,
  ENCRYPTED_RAUCB,
  type FileUpload,
  PLAIN_RAUCB,
  SIGNED_SWU,
  swu,
  uploadAny,
  VERITY_RAUCB,
} from '../support/update-files.ts'
import { addUser } from '../support/users.ts'

const server = useServer()
const tenant = useTenant(server)

const digest = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex')

/** Uploads a file to a release of its own, and returns the artifact. */
async function upload(input: FileUpload, api: Api = tenant.api) {
  const response = await uploadAny(api, { ...input, parts: { name: randomUUID(), ...input.parts } })
  expect(response).toMatchObject({ status: 201, text: '' })
  return (await api.get(response.headers.get('location') ?? '')).body
}

describe('a file that is no Mender artifact', () => {
  test('becomes an artifact of its release as it is, with three digests', async () => {
    const file = noise(3_000_001)
    const parts = { name: 'zephyr-2', version: '2.0.1', part: 'os', description: 'the second' }
    const types = { device_types_compatible: ' nrf52 ,nrf53,, nrf52', size: String(file.length) }
    const artifact = await upload({ file, file_name: 'zephyr.signed.bin', parts: { ...parts, ...types } })
    const metadata = { version: '2.0.1', part: 'os' }
    expect(artifact).toEqual({
      id: expect.any(String),
      name: 'zephyr-2',
      description: 'the second',
      device_types_compatible: ['nrf52', 'nrf53'],
      info: { format: 'file', version: 1 },
      dialect: 'ddi',
      signed: false,
      updates: [
        {
          type_info: { type: 'file' },
          files: [
            {
              name: 'zephyr.signed.bin',
              size: file.length,
              checksum: digest('sha256', file),
              sha1: digest('sha1', file),
              md5: digest('md5', file),
              date: expect.stringMatching(/Z$/),
            },
          ],
          metadata,
          meta_data: [
            { Key: 'version', Value: '2.0.1' },
            { Key: 'part', Value: 'os' },
          ],
        },
      ],
      artifact_provides: { artifact_name: 'zephyr-2' },
      artifact_depends: { device_type: ['nrf52', 'nrf53'] },
      clears_artifact_provides: [],
      size: file.length,
      modified: expect.stringMatching(/Z$/),
    })
  })

  test('is downloaded by a link that ends in its name, byte by byte', async () => {
    const file = noise(100_000)
    const { id } = await upload({ file, file_name: 'Größe 1+2.swu' })
    const { uri } = (await tenant.api.get(`${ARTIFACTS}/${id}/download`)).body
    expect(new URL(uri).pathname).toMatch(/\/Gr__e_1%2B2\.swu$/)
    const response = await fetch(uri)
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    expect(response.headers.get('content-disposition')).toBe('attachment; filename=Gr__e_1+2.swu')
    expect(Buffer.from(await response.arrayBuffer()).equals(file)).toBe(true)
    const range = await fetch(uri, { headers: { range: 'bytes=0-9,50-59' } })
    expect(await range.text()).toContain('Content-Type: application/octet-stream\r\nContent-Range: bytes 50-59/100000')
  })

  test('has bApp as its part and the name of the release as its version, unless others are given', async () => {
    const { updates } = await upload({ file: noise(10), parts: { name: 'release-7' } })
    expect(updates[0].metadata).toEqual({ version: 'release-7', part: 'bApp' })
  })

  test('counts as storage, is listed by its format, and is deleted with its bytes', async () => {
    const { api, tenant_id } = await server.tenant()
    const { id } = await upload({ file: noise(5000), parts: { name: 'r' } }, api)
    const deployments = '/api/management/v1/deployments'
    expect((await api.get(`${deployments}/limits/storage`)).body.usage).toBe(5000)
    expect((await api.get('/api/management/v2/deployments/releases/all/types')).body).toEqual(['file'])
    const { body } = await api.get('/api/management/v2/deployments/deployments/releases?update_type=file')
    expect(body).toMatchObject([{ name: 'r', artifacts: [{ id, dialect: 'ddi' }] }])
    const [event] = (await api.get('/api/management/v1/auditlogs/logs?object_type=artifact')).body
    expect(event).toMatchObject({ action: 'upload', object: { id, artifact: { name: 'r' } } })
    expect(await api.delete(`${ARTIFACTS}/${id}`)).toMatchObject({ status: 204 })
    expect(await server.filesOf(tenant_id)).toEqual([])
  })

  test('shares a release with a Mender artifact for the same device type, but not with another such file', async () => {
    const { api, tenant_id } = await server.tenant()
    await uploadTestArtifact(api, { name: 'both', device_types: ['board'] })
    const { id } = await upload({ file: noise(10), parts: { name: 'both' } }, api)
    await upload({ file: noise(10), parts: { name: 'both', device_types_compatible: 'other' } }, api)
    const more = { name: 'both', device_types_compatible: 'third,board' }
    expect(await uploadAny(api, { file: noise(10), parts: more })).toMatchObject({
      status: 409,
      body: { code: 'artifact_exists', metadata: { conflict: { artifact_name: 'both' } } },
    })
    expect(await uploadFile(api, await buildArtifact({ name: 'both', device_types: ['board'] }))).toMatchObject({
      status: 409,
    })
    expect(await server.filesOf(tenant_id)).toHaveLength(3)
    await api.delete(`${ARTIFACTS}/${id}`)
    await upload({ file: noise(10), parts: more }, api)
  })

  test('keeps the id chosen by the client, once', async () => {
    const id = randomUUID()
    expect(await upload({ file: noise(10), parts: { artifact_id: id } })).toMatchObject({ id })
    const again = await uploadAny(tenant.api, { file: noise(10), parts: { name: 'again', artifact_id: id } })
    expect(again).toMatchObject({ status: 409, body: { code: 'artifact_id_taken' } })
  })

  const TOO_LONG = 'x'.repeat(257)
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i).join()
  test.each<[string, Record<string, string>, number, string]>([
    ['without device types', { device_types_compatible: ' , ' }, 400, 'device_types_compatible: give 1 to 100'],
    ['with too many device types', { device_types_compatible: numbers(101) }, 400, 'device_types_compatible: give 1'],
    ['with a device type that is too long', { device_types_compatible: TOO_LONG }, 400, 'device_types_compatible: g'],
    ['with a name of two lines', { name: 'a\nb' }, 400, 'name: must be a line of 1 to 256 characters'],
    ['with a name that is too long', { name: TOO_LONG }, 400, 'name: must be a line'],
    ['with a version of two lines', { version: 'a\nb' }, 400, 'version: must be a line'],
    ['with a part that is too long', { part: TOO_LONG }, 400, 'part: must be a line'],
    ['of another size than stated', { size: '9' }, 400, 'size says 9 bytes'],
    ['of a smaller size than stated', { size: '11' }, 400, 'size says 11 bytes'],
    ['of a stated size above the limit', { size: String(10 * 1024 ** 3 + 1) }, 400, 'Artifact file too large'],
  ])('%s is refused and leaves nothing behind', async (_what, parts, status, error) => {
    const { api, tenant_id } = await server.tenant()
    const refusal = { status, body: { error: expect.stringContaining(error) } }
    expect(await uploadAny(api, { file: noise(10), parts })).toMatchObject(refusal)
    expect(await server.filesOf(tenant_id)).toEqual([])
    expect((await api.get(ARTIFACTS)).body).toEqual([])
  })

  test('without a name of its release in front of it is refused, and its parts are named', async () => {
    const parts = 'give the parts name (of the release) and device_types_compatible'
    const refusal = { status: 422, body: { field: 'name', error: expect.stringContaining(parts) } }
    const nameless = { name: '', device_types_compatible: '' }
    for (const file_name of ['a.swu', 'B.RAUCB'])
      expect(await uploadAny(tenant.api, { file: SIGNED_SWU, file_name, parts: nameless })).toMatchObject(refusal)
    const bin = { file: noise(1000), file_name: 'a.bin' }
    expect(await uploadAny(tenant.api, { ...bin, parts: { name: '' } })).toMatchObject(refusal)
    expect(await uploadAny(tenant.api, { ...bin, parts: nameless })).toMatchObject({ status: 400 })
  })

  test('that is empty is refused', async () => {
    expect(await uploadAny(tenant.api, { file: Buffer.alloc(0) })).toMatchObject({
      status: 400,
      body: { code: 'invalid_artifact', error: expect.stringContaining('the file is empty') },
    })
  })

  test('that is a Mender artifact by its name or by its content is refused', async () => {
    const { api, tenant_id } = await server.tenant()
    const refusal = { status: 422, body: { field: 'name', error: expect.stringContaining('leave out the part name') } }
    expect(await uploadAny(api, { file: noise(10), file_name: 'a.Mender' })).toMatchObject(refusal)
    expect(await uploadAny(api, { file: await buildArtifact(), file_name: 'a.bin' })).toMatchObject(refusal)
    expect(await server.filesOf(tenant_id)).toEqual([])
  })

  test('is refused to a role that cannot upload', async () => {
    const { api } = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
    expect(await uploadAny(api, { file: noise(10) })).toMatchObject({ status: 403 })
  })
})

describe('the artifact shows what the file says about itself:', () => {
  test('an image of SWUpdate', async () => {
    const { info, signed, updates } = await upload({ file: SIGNED_SWU, file_name: 'update' })
    expect({ info, signed }).toEqual({ info: { format: 'swu', version: 1 }, signed: true })
    expect(updates[0].metadata).toEqual({
      ...{ version: '0.1.0', part: 'bApp', description: 'Firmware update for XXXXX Project' },
      ...{ hardware_compatibility: ['1.0', '1.2', '1.3'], images: ['rootfs.ubifs'], scripts: ['s.sh'] },
    })
    // SWUpdate installs no file of another name.
    expect(updates[0].files[0].name).toBe('update.swu')
  })

  test('a bundle of RAUC of the format verity', async () => {
    const { info, signed, updates } = await upload({ file: VERITY_RAUCB, file_name: 'update.raucb' })
    expect({ info, signed }).toEqual({ info: { format: 'raucb', version: 1 }, signed: true })
    expect(updates[0].metadata).toEqual({
      ...{ version: '2026.11-1', part: 'bApp', format: 'verity', compatible: 'Test Board', build: '20261130' },
      ...{ description: 'Adds a thing', images: ['rootfs.img', 'app.img'] },
      slots: [
        { slot: 'rootfs', filename: 'rootfs.img' },
        { slot: 'appfs', filename: 'app.img' },
      ],
    })
  })

  test.each([
    ['verity', VERITY_RAUCB, 'image.img'],
    ['plain', PLAIN_RAUCB, 'image.img'],
    ['crypt', CRYPT_RAUCB, 'image.raucb'],
    ['crypt', ENCRYPTED_RAUCB, 'image.raucb'],
  ])('a bundle of RAUC of the format %s, whatever else it hides', async (format, file, file_name) => {
    const { info, signed, updates } = await upload({ file, file_name })
    expect({ info, signed }).toEqual({ info: { format: 'raucb', version: 1 }, signed: true })
    expect(updates[0]).toMatchObject({ metadata: { format }, files: [{ name: file_name }] })
  })

  test('the version that the upload states comes first', async () => {
    const { updates } = await upload({ file: SIGNED_SWU, file_name: 'a.swu', parts: { version: '9' } })
    expect(updates[0].metadata.version).toBe('9')
  })

  test.each([
    ['swu', 'a.swu'],
    ['raucb', 'a.raucb'],
    ['file', 'a.img'],
  ])('nothing but its format %s, by its name, if it is something else', async (format, file_name) => {
    const { info, signed, updates } = await upload({ file: noise(5000), file_name, parts: { name: `else-${format}` } })
    expect({ info, signed }).toEqual({ info: { format, version: 1 }, signed: false })
    expect(updates[0].metadata).toEqual({ version: `else-${format}`, part: 'bApp' })
  })

  test('and a file of any content, under any name, is accepted', async () => {
    const real = fc.constantFrom(SIGNED_SWU, VERITY_RAUCB, ENCRYPTED_RAUCB)
    const altered = fc.tuple(real, fc.nat(1000), fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.boolean())
    await fc.assert(
      fc.asyncProperty(altered, fc.string({ unit: 'grapheme' }), async ([file, at, by, isAtEnd], file_name) => {
        const start = isAtEnd ? file.length - Math.min(at, file.length) : at
        const bytes = Buffer.concat([file.subarray(0, start), by, file.subarray(start + by.length)])
        await upload({ file: bytes, file_name })
      }),
      { numRuns: 40 },
    )
  })

  test('what cannot be stored is replaced', async () => {
    const description = { software: { version: '1\0\n2', description: '\ud800x', images: [{ filename: '\0' }] } }
    const { updates } = await upload({ file: swu(JSON.stringify(description)) })
    expect(updates[0].metadata).toMatchObject({ version: '1 2', description: '\ufffdx' })
  })
})
