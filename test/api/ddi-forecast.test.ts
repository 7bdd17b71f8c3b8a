import { beforeAll, describe, expect, test } from 'vitest'
import { ARTIFACTS, uploadTestArtifact } from '../support/artifact.ts'
import { enrolDdi, gatewayOf, linksOf } from '../support/ddi.ts'
import { abort, deploy, statistics, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'

const server = useServer()
const tenant = useTenant(server)

const artifacts = {} as Record<'mender' | 'ddi', string>
type Enrolled = Awaited<ReturnType<typeof enrolDdi>>
const devices = {} as Record<'mender' | 'ddi' | 'none', Enrolled> & { untyped: [Enrolled, Enrolled] }

/** A release with an artifact of each dialect: for `arm` of Mender's, for `press` of DDI. */
beforeAll(async () => {
  artifacts.mender = await uploadTestArtifact(tenant.api, { name: 'release-1', device_types: ['arm'] })
  const form = new FormData()
  const parts = { name: 'release-1', device_types_compatible: 'press', version: '1' }
  for (const [name, value] of Object.entries(parts)) form.append(name, value)
  form.append('artifact', new Blob(['an image']), 'image.bin')
  const uploaded = await tenant.api.post(ARTIFACTS, form)
  expect([uploaded.status, uploaded.body]).toEqual([201, undefined])
  artifacts.ddi = uploaded.headers.get('location')?.split('/').at(-1) ?? ''
  const authorization = await gatewayOf(tenant)
  const enrolled = (data: Record<string, string>) => enrolDdi(server, tenant, { authorization, data })
  Object.assign(devices, {
    mender: await enrolled({ device_type: 'arm' }),
    ddi: await enrolled({ device_type: 'press' }),
    none: await enrolled({ device_type: 'mips' }),
    untyped: [await enrolled({ serial: '1' }), await enrolled({ serial: '2' })],
  })
})

const explain = async (id: string, device: { id: string }) =>
  (await tenant.api.get(`${V2}/${id}/devices/${device.id}/explain`)).body

const toAll = { name: 'production', artifact_name: 'release-1', all_devices: true }

describe('a DDI device', () => {
  test('without a device type waits until it reports one: the explanation says how', async () => {
    const [first, second] = devices.untyped
    const id = await deploy(tenant.api, { devices: [first.id, devices.mender.id] })
    const message =
      'The device has not reported its device type: name the attribute that has it, or a default, in the settings of DDI.'
    expect(await explain(id, first)).toEqual({ code: 'no_device_type', message })
    // It waits for its type first, then for other deployments.
    const younger = await deploy(tenant.api, { devices: [first.id, devices.mender.id] })
    expect(await explain(younger, first)).toMatchObject({ code: 'no_device_type' })
    expect(await explain(younger, devices.mender)).toMatchObject({ code: 'waits_for_older' })
    expect(await explain(id, second)).toMatchObject({ code: 'not_listed' })
    for (const one of [younger, id]) await abort(tenant.api, one)
    expect(await explain(id, first)).toMatchObject({ code: 'deployment_aborted' })
  })

  test('has no artifact if those for its type are of the other dialect: the explanation says so', async () => {
    const id = await deploy(tenant.api, toAll)
    const end = 'for this device type: the deployment will end for the device at its next poll.'
    expect(await explain(id, devices.mender)).toEqual({
      code: 'no_artifact',
      message: `The release has no artifact of the device's dialect (DDI) ${end}`,
    })
    expect(await explain(id, devices.none)).toEqual({
      code: 'no_artifact',
      message: `The release has no artifact ${end}`,
    })
    expect(await explain(id, devices.ddi)).toMatchObject({ code: 'waits_for_poll' })
    await abort(tenant.api, id)
  })

  test('without a device type is counted apart in a preview', async () => {
    const { status, body } = await tenant.api.post(`${V2}/preview`, toAll)
    expect({ status, body }).toMatchObject({
      ...{ status: 200, body: { device_count: 5, no_device_type: 2, noartifact: 2, already_installed: 0 } },
    })
    expect(counts(body)).toEqual({ [artifacts.mender]: 0, [artifacts.ddi]: 1 })
  })

  test('is offered at its poll what the preview counts', async () => {
    const id = await deploy(tenant.api, toAll)
    for (const device of [devices.mender, devices.ddi, devices.none, ...devices.untyped]) await linksOf(device)
    // One has its offer, two wait for their type.
    expect(await statistics(tenant.api, id)).toEqual({ pending: 3, noartifact: 2 })
    const [first] = devices.untyped
    expect(await explain(id, first)).toMatchObject({ code: 'no_device_type' })
    await first.putConfigData({ device_type: 'press' })
    expect(await explain(id, first)).toMatchObject({ code: 'waits_for_poll' })
    expect(await linksOf(first)).toHaveProperty('deploymentBase')
  })
})

describe('a Mender device', () => {
  test('without a device type has no artifact by its inventory; the preview does not count it apart', async () => {
    const [bare, press] = await enrol(server, tenant, 2, (i) => (i === 0 ? { foo: 'foo' } : { device_type: 'press' }))
    const id = await deploy(tenant.api, { devices: [bare!.id, press!.id] })
    expect(await explain(id, bare!)).toMatchObject({ code: 'no_artifact' })
    expect((await explain(id, press!)).message).toContain("no artifact of the device's dialect (Mender) for")
    const { body } = await tenant.api.post(`${V2}/preview`, { ...toAll, all_devices: false, devices: [bare!.id] })
    expect(body).toMatchObject({ noartifact: 1 })
    expect(body).not.toHaveProperty('no_device_type')
  })
})

const counts = ({ artifacts }: { artifacts: { id: string; device_count: number }[] }) =>
  Object.fromEntries(artifacts.map(({ id, device_count }) => [id, device_count]))
