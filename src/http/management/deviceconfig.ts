import { Type } from 'typebox'
import { Configuration, DeviceConfiguration, NewConfigurationDeployment } from '../../deviceconfig/configuration.ts'
import { deployConfiguration } from '../../deviceconfig/management/deploy-configuration.ts'
import { findConfiguration } from '../../deviceconfig/management/find-configuration.ts'
import { setConfiguration } from '../../deviceconfig/management/set-configuration.ts'
import { nothing, refusals, withHeaders } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { sendCreated } from '../idempotency/creates.ts'
import { IfMatch, readIfMatch } from '../if-match.ts'

const tags = ['device configuration']
const config = { permission: 'configure' } as const
const params = Type.Object({ device: Type.String({ description: 'ID of the device' }) })

/** Below `/api/management/v1/deviceconfig`. */
export const deviceconfigRoutes: Routes = (http, env) => {
  http.get(
    '/configurations/device/:device',
    {
      schema: {
        ...{ tags, operationId: 'getDeviceConfiguration', summary: 'Get the configuration of a device', params },
        response: { 200: withHeaders(DeviceConfiguration, 'etag'), ...refusals(404, 409) },
      },
    },
    async ({ actor, params: { device } }, reply) => {
      const { configuration, etag } = await findConfiguration(env, actor, device)
      reply.header('etag', `"${etag}"`)
      return configuration
    },
  )

  http.put(
    '/configurations/device/:device',
    {
      config,
      schema: {
        ...{ tags, operationId: 'setDeviceConfiguration', summary: 'Set the configuration of a device', params },
        description: 'Replaces all keys. The device gets them once they are deployed.',
        ...{ headers: IfMatch, body: Configuration, response: { 204: nothing(), ...refusals(404, 409, 412) } },
      },
    },
    async (request, reply) => {
      const { actor, params, body: configured } = request
      await setConfiguration(env, actor, { device_id: params.device, configured, if_match: readIfMatch(request) })
      return reply.code(204).send()
    },
  )

  http.post(
    '/configurations/device/:device/deploy',
    {
      config: { ...config, creates: { body: (deployment_id) => ({ deployment_id }) } },
      schema: {
        ...{ tags, operationId: 'deployDeviceConfiguration', summary: 'Deploy the configuration of a device', params },
        description:
          'Creates a deployment of the type `configuration`, and aborts the one before if it is not finished.',
        body: NewConfigurationDeployment,
        response: {
          200: Type.Object(
            { deployment_id: Type.String({ description: 'ID of the deployment' }) },
            { title: 'ConfigurationDeployment', description: 'The deployment that was created' },
          ),
          ...refusals(404, 409),
        },
      },
    },
    async ({ actor, params: { device }, body }, reply) => {
      const { deployment_id } = await deployConfiguration(env, actor, { ...body, device_id: device })
      return sendCreated(reply, deployment_id)
    },
  )
}
