import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { artifactLink } from '../../artifacts/artifact-link.ts'
import { readProvides } from '../../deployments/device-deployment.ts'
import { REPORTED_STATUSES } from '../../deployments/device-status.ts'
import { asDelivered, controlMapFor } from '../../deployments/poll/control-map.ts'
import { offerUpdate } from '../../deployments/poll/offer-update.ts'
import { reportStatus } from '../../deployments/reports/report-status.ts'
import type { Env } from '../../env.ts'
import { baseUrl } from '../base-url.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const TAGS = ['device API']
const LINK_LIFETIME_S = 24 * 60 * 60
const Id = Type.Object({ id: Type.String() })
const Word = Type.String({ minLength: 1, maxLength: 4096 })

const Instructions = Type.Object({
  id: Type.String(),
  artifact: Type.Object({
    id: Type.String(),
    artifact_name: Type.String(),
    source: Type.Object({ uri: Type.String(), expire: Type.String(), method: Type.String() }),
    device_types_compatible: Type.Array(Type.String()),
  }),
  type: Type.String(),
  update_control_map: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
})
const NextAnswers = { 200: Instructions, 204: nothing('Nothing to do now'), ...refusals(400, 401, 429) }

type Question = { provides: Record<string, unknown>; wants_control_map: boolean }

async function answerNext(
  env: Env,
  request: FastifyRequest,
  reply: FastifyReply,
  { provides, wants_control_map }: Question,
) {
  const { tenant_id } = request.device
  const offer = await offerUpdate(env, request.device, readProvides(provides))
  if (!offer) return reply.code(204).send()
  const { deployment, artifact } = offer
  const { id, name, device_types_compatible } = artifact
  const source = await artifactLink(env, baseUrl(env, request), { tenant_id, id, name }, LINK_LIFETIME_S)
  const map = wants_control_map && deployment.update_control_map
  return reply.send({
    id: deployment.id,
    artifact: { id, artifact_name: name, source, device_types_compatible },
    type: deployment.type,
    ...(map ? { update_control_map: asDelivered(deployment.id, map) } : {}),
  })
}

/** The question a device asks all its life, in its two older forms. */
export const pollRoutes: Routes = (http, env) => {
  http.get(
    '/device/deployments/next',
    {
      schema: {
        tags: TAGS,
        summary: 'The next update',
        querystring: Type.Object({ artifact_name: Word, device_type: Word }),
        response: NextAnswers,
      },
    },
    (request, reply) => answerNext(env, request, reply, { provides: request.query, wants_control_map: false }),
  )

  http.post(
    '/device/deployments/next',
    {
      schema: {
        tags: TAGS,
        summary: 'The next update, asked with all that the device provides',
        body: Type.Record(Type.String(), Type.Unknown()),
        response: NextAnswers,
      },
    },
    (request, reply) => answerNext(env, request, reply, { provides: request.body, wants_control_map: false }),
  )
}

/** The same in its newest form. */
export const pollV2Routes: Routes = (http, env) => {
  const body = Type.Object({
    device_provides: Type.Record(Type.String(), Type.Unknown()),
    update_control_map: Type.Optional(Type.Boolean()),
  })
  http.post(
    '/device/deployments/next',
    {
      schema: {
        tags: TAGS,
        summary: 'The next update, asked with all that the device provides',
        body,
        response: NextAnswers,
      },
    },
    (request, reply) =>
      answerNext(env, request, reply, {
        provides: request.body.device_provides,
        wants_control_map: request.body.update_control_map ?? false,
      }),
  )
}

export const controlMapRoutes: Routes = (http, env) => {
  const ControlMapAnswer = Type.Object({ update_control_map: Type.Record(Type.String(), Type.Unknown()) })
  http.get(
    '/device/deployments/:id/update_control_map',
    {
      schema: {
        tags: TAGS,
        summary: 'The update control map; 404 when the deployment was aborted',
        params: Id,
        response: { 200: ControlMapAnswer, ...refusals(401, 404) },
      },
    },
    async ({ device, params }) => ({ update_control_map: await controlMapFor(env, device, params.id) }),
  )
}

export const reportRoutes: Routes = (http, env) => {
  const Report = Type.Object({
    status: Type.Union(REPORTED_STATUSES.map((status) => Type.Literal(status))),
    substate: Type.Optional(Type.String({ maxLength: 200 })),
  })
  http.put(
    '/device/deployments/:id/status',
    {
      schema: {
        tags: TAGS,
        summary: 'Report how far the device is',
        params: Id,
        body: Report,
        response: { 204: nothing(), ...refusals(400, 401, 404, 409) },
      },
    },
    async ({ device, params, body }, reply) => {
      await reportStatus(env, device, params.id, body)
      return reply.code(204).send()
    },
  )
}
