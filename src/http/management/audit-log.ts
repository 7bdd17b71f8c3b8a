import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Actor } from '../../auth/actor.ts'
import { planHas } from '../../auth/plan.ts'
import { badRequest, featureNotInPlan } from '../../errors.ts'
import { ACTIONS, OBJECT_TYPES, PastEvent } from '../../events/event.ts'
import { EVENT_COLUMNS, eventCells } from '../../events/event-csv.ts'
import type { EventQuery } from '../../events/event-rows.ts'
import { listEvents } from '../../events/list-events.ts'
import { walkEvents } from '../../events/walk-events.ts'
import { mapChunks } from '../../map-chunks.ts'
import { CSV_NOTE, Csv, sendCsv } from '../bodies/csv.ts'
import { refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { pagingQuery, readPage, sendPageHeaders } from '../paging.ts'
import { readSeconds, secondsParameter } from '../unix-seconds.ts'

const tags = ['audit log']
const PER_PAGE = 10

const Filters = {
  actor_id: Type.Optional(Type.String({ description: 'ID of the user who made the change' })),
  actor_email: Type.Optional(Type.String({ description: 'E-mail address of the user who made the change' })),
  action: Type.Optional(Type.String({ description: `One of ${ACTIONS.join(', ')}` })),
  object_id: Type.Optional(
    Type.String({ description: 'ID of the changed object, also if it was changed together with others' }),
  ),
  object_type: Type.Optional(Type.String({ description: `One of ${OBJECT_TYPES.join(', ')}` })),
  created_after: secondsParameter('Earliest time of the change'),
  created_before: secondsParameter('Latest time of the change'),
  sort: Type.Optional(Type.String({ description: '`asc` or `desc`, by time', default: 'desc' })),
}
const Query = Type.Object(Filters)

const onRequest = async ({ actor }: FastifyRequest) => {
  if (!planHas(actor.plan, 'audit_logs')) throw featureNotInPlan()
}

export const auditLogRoutes: Routes = (http, env) => {
  http.get(
    '/logs',
    {
      onRequest,
      schema: {
        ...{ tags, operationId: 'listAuditEvents', summary: 'List the events of the audit log, newest first' },
        querystring: Type.Object({
          ...{ ...pagingQuery({ per_page: PER_PAGE }), ...Filters },
        }),
        response: { 200: Type.Array(PastEvent), ...refusals(422, 429) },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query, { per_page: PER_PAGE })
      const { total, events } = await listEvents(env, eventQuery(request.actor, request.query), page)
      sendPageHeaders(request, reply, page, { total })
      return events
    },
  )

  http.get(
    '/logs/export',
    {
      onRequest,
      schema: {
        ...{ tags, operationId: 'exportAuditLog', summary: 'Export the audit log as a table' },
        description: CSV_NOTE,
        querystring: Query,
        response: { 200: Csv },
      },
    },
    async ({ actor, query }, reply) => {
      const events = walkEvents(env, eventQuery(actor, query))
      const chunks = mapChunks(events, (chunk) => chunk.map(eventCells))
      return sendCsv(reply, { name: 'audit-log', columns: EVENT_COLUMNS, chunks })
    },
  )
}

/** An empty parameter is as good as none. */
function eventQuery({ tenant_id }: Actor, query: Static<typeof Query>): EventQuery {
  const object_type = query.object_type || undefined
  if (object_type !== undefined && !OBJECT_TYPES.some((type) => type === object_type))
    throw badRequest(`invalid object_type query: must be one of ${OBJECT_TYPES.join(', ')}`)
  const sort = query.sort || 'desc'
  if (sort !== 'asc' && sort !== 'desc') throw badRequest('invalid sort query: must be one of "asc" or "desc"')
  return {
    tenant_id,
    actor_id: query.actor_id || undefined,
    actor_email: query.actor_email || undefined,
    action: query.action || undefined,
    object_id: query.object_id || undefined,
    object_type,
    created_after: readSeconds('created_after', query.created_after),
    created_before: readSeconds('created_before', query.created_before),
    ascending: sort === 'asc',
  }
}
