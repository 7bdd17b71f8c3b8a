import { Configuration } from '../../deviceconfig/configuration.ts'
import { findWantedConfiguration } from '../../deviceconfig/device/find-wanted-configuration.ts'
import { reportConfiguration } from '../../deviceconfig/device/report-configuration.ts'
import { nothing } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const tags = ['device API']

/** Below `/api/devices/v1/deviceconfig`. */
export const reportConfigurationRoutes: Routes = (http, env) => {
  http.get(
    '/configuration',
    {
      schema: {
        ...{ tags, operationId: 'getWantedConfiguration', summary: 'Get what the device is to be configured with' },
        response: { 200: Configuration },
      },
    },
    async ({ device }) => findWantedConfiguration(env, device),
  )

  http.put(
    '/configuration',
    {
      schema: {
        ...{ tags, operationId: 'reportConfiguration', summary: 'Report the configuration of the device' },
        ...{ body: Configuration, response: { 204: nothing() } },
      },
    },
    async ({ device, body }, reply) => {
      await reportConfiguration(env, device, body)
      return reply.code(204).send()
    },
  )
}
