import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { DeploymentType } from '../../deployments/deployment-type.ts'
import { readProvides } from '../../deployments/device-deployment.ts'
import { REPORTED_STATUSES } from '../../deployments/device-status.ts'
import { controlMapFor } from '../../deployments/poll/control-map.ts'
import { offerUpdate } from '../../deployments/poll/offer-update.ts'
import { reportStatus } from '../../deployments/reports/report-status.ts'
import type { Env } from '../../env.ts'
import { baseUrl } from '../base-url.ts'
import { nothing, refusals } from '../document/responses.ts'
import { DownloadLink } from '../download-link.ts'
import type { Routes } from '../http.ts'
import { OFFER_TYPE, offerBody } from './offer-body.ts'

const tags = ['device API']
const params = Type.Object({ id: Type.String({ description: 'ID of the deployment' }) })
const Word = (description: string) => Type.String({ minLength: 1, maxLength: 4096, description })
const Poll = {
  artifact_name: Word('Name of the artifact that is installed'),
  device_type: Word('Type of the device'),
}
const Provides = Type.Record(Type.String(), Type.Unknown(), {
  description: 'What the device provides: `artifact_name`, `device_type` and more, each with a string as its value',
})
const ControlMap = Type.Record(Type.String(), Type.Unknown(), {
  description: 'Where the device is to pause or stop the update, as Mender defines it',
})

const Offer = Type.Object(
  {
    id: Type.String({ description: 'ID of the deployment' }),
    artifact: Type.Object(
      {
        id: Type.String({ description: 'ID of the artifact' }),
        artifact_name: Type.String({ description: 'Name of the artifact' }),
        source: DownloadLink,
        device_types_compatible: Type.Array(Type.String(), { description: 'Device types that the artifact is for' }),
      },
      { description: 'The artifact to install' },
    ),
    type: DeploymentType,
    update_control_map: Type.Optional(ControlMap),
  },
  { title: 'Offer', description: 'An update for a device' },
)
const response = { 200: Offer, 204: nothing('There is no update for now') }

type PollRequest = { provides: Record<string, unknown>; wants_control_map: boolean }

async function answerNext(
  env: Env,
  request: FastifyRequest,
  reply: FastifyReply,
  { provides, wants_control_map }: PollRequest,
) {
  const poll = { provides: readProvides(provides), wants_control_map }
  request.poll = poll
  const offer = await offerUpdate(env, request.device, { provides: poll.provides, polls_while_working: false })
  if (!offer) return reply.code(204).send()
  reply.header('content-type', OFFER_TYPE)
  return reply.send(await offerBody(env, offer, { ...request.device, ...poll, base_url: baseUrl(env, request) }))
}

/** Polls in their two older forms. */
export const pollRoutes: Routes = (http, env) => {
  http.get(
    '/device/deployments/next',
    {
      schema: {
        ...{ tags, operationId: 'getNextUpdate', summary: 'Poll for an update', response },
        querystring: Type.Object(Poll),
      },
    },
    (request, reply) => answerNext(env, request, reply, { provides: request.query, wants_control_map: false }),
  )

  http.post(
    '/device/deployments/next',
    {
      schema: {
        ...{ tags, operationId: 'pollForUpdate', summary: 'Poll for an update with all that the device provides' },
        ...{ body: Provides, response },
      },
    },
    (request, reply) => answerNext(env, request, reply, { provides: request.body, wants_control_map: false }),
  )
}

/** Polls in their newest form. */
export const pollV2Routes: Routes = (http, env) => {
  const body = Type.Object(
    {
      device_provides: Provides,
      update_control_map: Type.Optional(
        Type.Boolean({ description: 'Whether the device supports update control maps' }),
      ),
    },
    { title: 'Poll', description: 'What a device provides and supports' },
  )
  http.post(
    '/device/deployments/next',
    {
      schema: {
        ...{ tags, operationId: 'pollForUpdateV2', summary: 'Poll for an update with all that the device provides' },
        ...{ body, response },
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
  const Current = Type.Object(
    { update_control_map: ControlMap },
    { title: 'CurrentControlMap', description: 'The update control map of a deployment' },
  )
  http.get(
    '/device/deployments/:id/update_control_map',
    {
      schema: {
        ...{ tags, operationId: 'getControlMap', summary: 'Get the update control map of a deployment', params },
        description: 'Refused with 404 if the deployment was aborted.',
        response: { 200: Current, ...refusals(404) },
      },
    },
    async ({ device, params }) => ({ update_control_map: await controlMapFor(env, device, params.id) }),
  )
}

export const reportRoutes: Routes = (http, env) => {
  const Report = Type.Object(
    {
      status: Type.Union(
        REPORTED_STATUSES.map((status) => Type.Literal(status)),
        { description: 'How far the device is' },
      ),
      substate: Type.Optional(Type.String({ maxLength: 200, description: 'More about it, for people' })),
    },
    { title: 'StatusReport', description: 'How far a device is' },
  )
  http.put(
    '/device/deployments/:id/status',
    {
      schema: {
        ...{ tags, operationId: 'reportStatus', summary: 'Report the status of an update', params, body: Report },
        response: { 204: nothing(), ...refusals(404, 409) },
      },
    },
    async ({ device, params, body }, reply) => {
      await reportStatus(env, device, params.id, body)
      return reply.code(204).send()
    },
  )
}
