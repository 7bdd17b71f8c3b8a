import { Type } from 'typebox'
import { scopeFor } from '../../auth/scope.ts'
import { mapChunks } from '../../map-chunks.ts'
import { DELIVERY_STATES, Delivery } from '../../webhooks/delivery.ts'
import { DELIVERY_COLUMNS, deliveryCells } from '../../webhooks/delivery-csv.ts'
import { Integration, IntegrationChange, NewCredentials, NewIntegration } from '../../webhooks/integration.ts'
import { INTEGRATION_COLUMNS, integrationCells } from '../../webhooks/integration-csv.ts'
import { changeCredentials } from '../../webhooks/integrations/change-credentials.ts'
import { changeIntegration } from '../../webhooks/integrations/change-integration.ts'
import { createIntegration } from '../../webhooks/integrations/create-integration.ts'
import { deleteIntegration } from '../../webhooks/integrations/delete-integration.ts'
import { findIntegration, findIntegrations } from '../../webhooks/integrations/find-integrations.ts'
import { listDeliveries, walkDeliveries } from '../../webhooks/list-deliveries.ts'
import { listWebhookEvents } from '../../webhooks/list-webhook-events.ts'
import { redeliverEvent } from '../../webhooks/redeliver-event.ts'
import { WebhookEvent } from '../../webhooks/webhook-event.ts'
import { CSV_NOTE, Csv, sendCsv } from '../bodies/csv.ts'
import { created, nothing, refusals, withHeaders } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { sendCreated } from '../idempotency/creates.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'

const tags = ['integrations']
const permission = 'integrations' as const
const config = { permission }
const location = (id: string) => `/api/management/v1/iot-manager/integrations/${id}`
const params = Type.Object({ id: Type.String({ description: 'ID of the integration' }) })

const DeliveryQuery = Type.Object({
  ...PagingQuery,
  state: Type.Optional(Type.Enum([...DELIVERY_STATES], { description: 'Only deliveries in this state' })),
})

export const deliveryRoutes: Routes = (http, env) => {
  http.patch(
    '/integrations/:id',
    {
      config,
      schema: {
        ...{ tags, operationId: 'changeIntegration', summary: 'Change which events an integration is sent, and how' },
        ...{ params, body: IntegrationChange },
        description:
          'Applies to what happens from now on; what waits is sent in any case. The credentials have a request of their own.',
        response: { 204: nothing(), ...refusals(404) },
      },
    },
    async ({ actor, params, body }, reply) => {
      await changeIntegration(env, actor, { id: params.id, change: body })
      return reply.code(204).send()
    },
  )

  http.get(
    '/integrations/:id/deliveries',
    {
      config,
      schema: {
        ...{
          tags,
          operationId: 'listDeliveries',
          summary: 'List the deliveries to an integration, newest event first',
        },
        description: 'With the responses of the target. They are kept as long as the events.',
        ...{ params, querystring: DeliveryQuery },
        response: { 200: withHeaders(Type.Array(Delivery), 'link'), ...refusals(404) },
      },
    },
    async (request, reply) => {
      const { actor, params, query } = request
      const page = readPage(query)
      const of = { tenant_id: actor.tenant_id, integration_id: params.id, state: query.state }
      const { deliveries, more } = await listDeliveries(env, of, page)
      sendPageHeaders(request, reply, page, { more })
      return deliveries
    },
  )

  http.get(
    '/integrations/:id/deliveries/export',
    {
      config,
      schema: {
        ...{ tags, operationId: 'exportDeliveries', summary: 'Export the deliveries to an integration as a table' },
        description: `With the data of the events as JSON, and the responses of the target. ${CSV_NOTE}`,
        ...{ params, querystring: Type.Pick(DeliveryQuery, ['state']) },
        response: { 200: Csv, ...refusals(404, 429) },
      },
    },
    async ({ actor, params, query }, reply) => {
      const of = { tenant_id: actor.tenant_id, integration_id: params.id, state: query.state }
      const chunks = mapChunks(await walkDeliveries(env, of), (chunk) => chunk.map(deliveryCells))
      return sendCsv(reply, { name: 'deliveries', columns: DELIVERY_COLUMNS, chunks })
    },
  )

  http.get(
    '/integrations/export',
    {
      config,
      schema: {
        ...{ tags, operationId: 'exportIntegrations', summary: 'Export the integrations as a table' },
        ...{ description: `Without their secrets. ${CSV_NOTE}`, response: { 200: Csv } },
      },
    },
    async ({ actor }, reply) => {
      const rows = (await findIntegrations(env, actor)).map(integrationCells)
      return sendCsv(reply, { name: 'integrations', columns: INTEGRATION_COLUMNS, chunks: [rows] })
    },
  )

  http.post(
    '/integrations/:id/deliveries/:event_id/redeliver',
    {
      config,
      schema: {
        ...{ tags, operationId: 'redeliverEvent', summary: 'Send an event to an integration again' },
        description:
          'Also one that was delivered or given up; one that waits for its next attempt is attempted at once. It keeps its ID and its time, and is sent before what happened to the same deployment or device later and still waits.',
        params: Type.Object({ ...params.properties, event_id: Type.String({ description: 'ID of the event' }) }),
        response: { 204: nothing('It will be sent'), ...refusals(404) },
      },
    },
    async ({ actor, params: { id, event_id } }, reply) => {
      await redeliverEvent(env, actor, { integration_id: id, event_id })
      return reply.code(204).send()
    },
  )
}

export const integrationRoutes: Routes = (http, env) => {
  http.get(
    '/integrations',
    {
      schema: {
        ...{ tags, operationId: 'listIntegrations', summary: 'List the integrations, oldest first' },
        description: 'Users who may not manage them get an empty list.',
        response: { 200: Type.Array(Integration) },
      },
    },
    // Mender's web GUI asks at every start, for every user. Addresses of webhooks often contain a password.
    async ({ actor }) => (scopeFor(actor, permission) ? findIntegrations(env, actor) : []),
  )

  http.post(
    '/integrations',
    {
      config: { ...config, creates: { location } },
      schema: {
        ...{ tags, operationId: 'createIntegration', summary: 'Create an integration', body: NewIntegration },
        description:
          'What happens from now on is sent to it: see `docs/webhooks.md`. The secret is never returned. The target must have a public address, unless the configuration of the server allows it.',
        response: { 201: created(), ...refusals(409, 422) },
      },
    },
    async ({ actor, body }, reply) => {
      const { id } = await createIntegration(env, actor, body)
      return sendCreated(reply, id)
    },
  )

  http.get(
    '/integrations/:id',
    {
      config,
      schema: {
        ...{ tags, operationId: 'getIntegration', summary: 'Get an integration', params },
        response: { 200: Integration, ...refusals(404) },
      },
    },
    async ({ actor, params }) => findIntegration(env, actor, params.id),
  )

  http.put(
    '/integrations/:id/credentials',
    {
      config,
      schema: {
        ...{ tags, operationId: 'replaceIntegrationCredentials', summary: 'Replace the credentials of an integration' },
        ...{ params, body: NewCredentials },
        description: 'They apply from the next attempt on, also to events that wait. Without a secret, none is signed.',
        response: { 204: nothing(), ...refusals(404) },
      },
    },
    async ({ actor, params, body }, reply) => {
      await changeCredentials(env, actor, { id: params.id, credentials: body })
      return reply.code(204).send()
    },
  )

  http.delete(
    '/integrations/:id',
    {
      config,
      schema: {
        ...{ tags, operationId: 'deleteIntegration', summary: 'Delete an integration', params },
        description: 'What waits to be sent to it is not sent any more.',
        response: { 204: nothing(), ...refusals(404) },
      },
    },
    async ({ actor, params }, reply) => {
      await deleteIntegration(env, actor, params.id)
      return reply.code(204).send()
    },
  )

  http.get(
    '/events',
    {
      config,
      schema: {
        ...{ tags, operationId: 'listWebhookEvents', summary: 'List the events for integrations, newest first' },
        description:
          'They are recorded while the tenant has an integration, and kept for `MUSTER_KEEP_WEBHOOKS_DAYS` days.',
        querystring: Type.Object(PagingQuery),
        response: { 200: withHeaders(Type.Array(WebhookEvent), 'link') },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const { events, more } = await listWebhookEvents(env, request.actor, page)
      sendPageHeaders(request, reply, page, { more })
      return events
    },
  )
}
