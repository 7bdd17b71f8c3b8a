import { Type } from 'typebox'
import { describeAction } from '../../ddi/actions/describe-action.ts'
import { requireCanceling } from '../../ddi/actions/require-canceling.ts'
import { takeCancelFeedback } from '../../ddi/actions/take-cancel-feedback.ts'
import { takeFeedback } from '../../ddi/actions/take-feedback.ts'
import { Feedback } from '../../ddi/feedback.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { actionAnswer, cancelAnswer, HAL } from './answers.ts'
import { ROOT } from './fast-path.ts'
import { deviceUrl } from './identify.ts'
import { ActionParams, CancelAction, DeploymentBase, hal, readActionId, tags } from './schemas.ts'

const Query = Type.Object({
  actionHistory: Type.Optional(
    Type.String({ description: 'Number of messages of the log to return, newest first; negative: all; absent: none' }),
  ),
  c: Type.Optional(Type.String({ description: 'Ignored' })),
})

/** Every success is a 200: clients take other codes for errors. */
export const ddiActionRoutes: Routes = (http, env) => {
  const described = {
    params: ActionParams,
    querystring: Query,
    response: { 200: hal(DeploymentBase), ...refusals(404) },
  }
  for (const { resource, state, ...operation } of [
    { resource: 'deploymentBase', state: 'active', operationId: 'getDdiUpdate', summary: 'Get an update' },
    {
      resource: 'installedBase',
      state: 'ended',
      operationId: 'getInstalledDdiUpdate',
      summary: 'Get an installed update',
    },
  ] as const)
    http.get(
      `${ROOT}/${resource}/:id`,
      { schema: { ...{ tags, ...operation }, ...described } },
      async (request, reply) => {
        const action_id = readActionId(request.params.id)
        const history = Math.trunc(Number(request.query.actionHistory ?? 0)) || 0
        const details = await describeAction(env, request.controller, { action_id, state, history })
        reply.header('content-type', HAL)
        return reply.send(actionAnswer(deviceUrl(env, request), details))
      },
    )

  http.get(
    `${ROOT}/cancelAction/:id`,
    {
      schema: {
        ...{ tags, operationId: 'getDdiCancelAction', summary: 'Get what to cancel', params: ActionParams },
        response: { 200: hal(CancelAction), ...refusals(404) },
      },
    },
    async ({ controller, params }, reply) => {
      const action_id = readActionId(params.id)
      await requireCanceling(env, controller, action_id)
      reply.header('content-type', HAL)
      return reply.send(cancelAnswer(action_id))
    },
  )

  for (const { resource, take, ...operation } of [
    {
      ...{ resource: 'deploymentBase', take: takeFeedback },
      ...{ operationId: 'sendDdiFeedback', summary: 'Send feedback about an update' },
    },
    {
      ...{ resource: 'cancelAction', take: takeCancelFeedback },
      ...{ operationId: 'sendDdiCancelFeedback', summary: 'Send feedback about a cancellation' },
    },
  ])
    http.post(
      `${ROOT}/${resource}/:id/feedback`,
      {
        schema: {
          ...{ tags, ...operation, params: ActionParams, body: Feedback },
          response: { 200: nothing(), ...refusals(404, 410) },
        },
      },
      async ({ controller, params, body: feedback }, reply) => {
        await take(env, controller, { action_id: readActionId(params.id), feedback })
        return reply.code(200).send()
      },
    )
}
