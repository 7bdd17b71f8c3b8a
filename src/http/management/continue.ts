import { Type } from 'typebox'
import { continueDevice } from '../../deployments/devices/continue-device.ts'
import { continueDeployment } from '../../deployments/orders/continue-deployment.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { requireUuid } from '../ids.ts'

const tags = ['deployments']
const config = { permission: 'deployments' } as const
const OfDeployment = Type.Object({ id: Type.String({ description: 'ID of the deployment' }) })
const ContinuedStates = Type.Object(
  {
    states: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
        ...{ minItems: 1, maxItems: 10 },
        description: 'States of the update control map, such as `ArtifactReboot_Enter`; absent: all that pause',
      }),
    ),
  },
  { title: 'ContinuedStates', description: 'In which states devices do not pause any more' },
)

/** Below `/api/management/v2/deployments`. */
export const continueRoutes: Routes = (http, env) => {
  http.post(
    '/deployments/:id/continue',
    {
      config,
      schema: {
        ...{ tags, operationId: 'continueDeployment', summary: 'Let devices go on that the control map pauses' },
        description: 'Devices that come to these states later do not pause in them either.',
        params: OfDeployment,
        body: ContinuedStates,
        response: { 204: nothing(), ...refusals(404, 409) },
      },
    },
    async ({ params, body, actor }, reply) => {
      await continueDeployment(env, actor, { deployment_id: requireUuid(params.id), states: body.states })
      return reply.code(204).send()
    },
  )

  http.post(
    '/deployments/:id/devices/:device/continue',
    {
      config,
      schema: {
        ...{ tags, operationId: 'continueDevice', summary: 'Let one device go on that the control map pauses' },
        params: Type.Intersect([
          OfDeployment,
          Type.Object({ device: Type.String({ description: 'ID of the device' }) }),
        ]),
        response: { 204: nothing(), ...refusals(404, 409) },
      },
    },
    async ({ params, actor }, reply) => {
      await continueDevice(env, actor, { deployment_id: requireUuid(params.id), device_id: params.device })
      return reply.code(204).send()
    },
  )
}
