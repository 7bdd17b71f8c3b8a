import { openAsBlob } from 'node:fs'
import type { ErrorCode, paths } from '@muster-ota/client'
import createClient from 'openapi-fetch'

// Run by test/clients/typescript-client.test.ts with the types of the package: that it
// compiles is half of the test.
const { SERVER = '', EMAIL = '', PASSWORD = '', ARTIFACT = '' } = process.env
const api = createClient<paths>({ baseUrl: SERVER })

const { data: token } = await api.POST('/api/management/v1/useradm/auth/login', {
  headers: { authorization: `Basic ${btoa(`${EMAIL}:${PASSWORD}`)}` },
  parseAs: 'text',
})
api.use({ onRequest: ({ request }) => request.headers.set('authorization', `Bearer ${token}`) })

const artifact = await openAsBlob(ARTIFACT)
const uploaded = await api.POST('/api/management/v1/deployments/artifacts', {
  body: { description: 'uploaded by a generated client', artifact: ARTIFACT },
  bodySerializer({ description = '' }) {
    const form = new FormData()
    form.set('description', description)
    form.set('artifact', artifact)
    return form
  },
})

const { data: devices = [] } = await api.GET('/api/management/v2/devauth/devices', {
  params: { query: { status: ['accepted'], per_page: 10 } },
})
const [device] = devices
if (!device) throw new Error('There is no accepted device.')

const { data: releases = [] } = await api.GET('/api/management/v2/deployments/deployments/releases')
const [release] = releases
if (!release) throw new Error('There is no release.')

const created = await api.POST('/api/management/v1/deployments/deployments', {
  body: { name: 'by a generated client', artifact_name: release.name, devices: [device.id], retries: 1 },
})
const id = created.response.headers.get('location')?.split('/').at(-1) ?? ''
const { data: deployment } = await api.GET('/api/management/v1/deployments/deployments/{id}', {
  params: { path: { id } },
})

const refused = await api.POST('/api/management/v1/deployments/deployments', {
  body: { name: 'refused', artifact_name: 'no such release', devices: [device.id] },
})
const code: ErrorCode | undefined = refused.error?.code

console.log(
  JSON.stringify({
    uploaded: uploaded.response.status,
    device: { id: device.id, status: device.status, auth_sets: device.auth_sets.length },
    release: { name: release.name, artifacts: release.artifacts.length },
    deployment: { name: deployment?.name, status: deployment?.status, retries: deployment?.retries },
    pending: deployment?.statistics.status.pending,
    refused: { code, field: refused.error?.field },
  }),
)
