import { expect } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { type Api, openApi } from './api.ts'

const DEVICE = '/api/devices/v1/deviceconfig/configuration'

export const configPath = ({ id }: { id: string }): string =>
  `/api/management/v1/deviceconfig/configurations/device/${id}`

export const readConfig = async (api: Api, device: { id: string }) => (await api.get(configPath(device))).body

export const setConfig = async (api: Api, device: { id: string }, configured: object) =>
  expect(await api.put(configPath(device), configured)).toMatchObject({ status: 204, text: '' })

/** Deploys the configuration of the device, and returns the ID of the deployment. */
export async function deployConfig(api: Api, device: { id: string }, body: object = {}): Promise<string> {
  const response = await api.post(`${configPath(device)}/deploy`, body)
  expect(response).toMatchObject({ status: 200, body: { deployment_id: expect.stringMatching(/^[0-9a-f-]{36}$/) } })
  return response.body.deployment_id
}

type Own = { url: string }

export const wantedBy = ({ url }: Own, { token }: SimulatedDevice) => openApi(url, token).get(DEVICE)

/**
 * As the inventory script of mender-configure does, which sends the file with the configuration through
 * `curl -X PUT -d @FILE`: without its line breaks.
 */
export const reportConfig = ({ url }: Own, { token }: SimulatedDevice, file: string) =>
  openApi(url, token).put(DEVICE, file.replaceAll(/[\r\n]/g, ''), {
    ...{ 'user-agent': 'curl/7.88.1', accept: '*/*', 'content-type': 'application/json' },
  })
