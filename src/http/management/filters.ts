import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { planHas } from '../../auth/plan.ts'
import { featureNotInPlan } from '../../errors.ts'
import { KnownAttribute, listAttributes } from '../../inventory/attributes/list-attributes.ts'
import { Device } from '../../inventory/device.ts'
import { findDevices } from '../../inventory/devices/find-devices.ts'
import { Term } from '../../inventory/filter.ts'
import { deleteFilter } from '../../inventory/filters/delete-filter.ts'
import { findFilter, findFilters } from '../../inventory/filters/find-filters.ts'
import { saveFilter } from '../../inventory/filters/save-filter.ts'
import { Projection, Sort } from '../../inventory/query.ts'
import { NewFilter, SavedFilter } from '../../inventory/saved-filter.ts'
import { created, nothing, refusals, withHeaders } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'

const tags = ['inventory filters']
const params = Type.Object({ id: Type.String() })
const querystring = Type.Object(PagingQuery)
const config = { permission: 'filters' as const }

const Search = Type.Object({
  page: Type.Optional(Type.Integer()),
  per_page: Type.Optional(Type.Integer()),
  filters: Type.Optional(Type.Array(Term)),
  sort: Type.Optional(Type.Array(Sort)),
  attributes: Type.Optional(Type.Array(Projection)),
  device_ids: Type.Optional(Type.Array(Type.String())),
  text: Type.Optional(
    Type.String({
      maxLength: 200,
      description:
        'An id or a value of an identity attribute, which finds those devices only; else any part of the id, the group or an attribute, whatever the case',
    }),
  ),
})

/** Before the body is looked at. */
const onRequest = async ({ actor }: FastifyRequest) => {
  if (!planHas(actor.plan, 'saved_filters')) throw featureNotInPlan()
}

export const filterRoutes: Routes = (http, env) => {
  http.post(
    '/filters/search',
    {
      schema: {
        tags,
        summary: 'Find devices',
        body: Search,
        response: { 200: withHeaders(Type.Array(Device), 'x-total-count'), ...refusals(422) },
      },
    },
    async ({ actor, body }, reply) => {
      const { filters: terms = [], page, per_page, ...query } = body
      // Not given and 0 are the same to the clients that were written in Go.
      const { devices, total } = await findDevices(env, actor, {
        ...{ ...query, terms, page: readPage({ page: String(page || 1), per_page: String(per_page || 20) }) },
      })
      reply.header('x-total-count', String(total))
      return devices
    },
  )

  http.get(
    '/filters/attributes',
    {
      schema: {
        ...{ tags, summary: 'The attributes that devices have, the most frequent first' },
        response: { 200: Type.Array(KnownAttribute) },
      },
    },
    async ({ actor }) => listAttributes(env, actor),
  )

  http.post(
    '/filters',
    {
      onRequest,
      config,
      schema: { tags, summary: 'Save a filter', body: NewFilter, response: { 201: created(), ...refusals(409) } },
    },
    async ({ actor, body }, reply) => {
      const id = await saveFilter(env, actor, body)
      return reply.code(201).header('location', `filters/${id}`).send()
    },
  )

  http.get(
    '/filters',
    {
      onRequest,
      schema: { tags, summary: 'List saved filters', querystring, response: { 200: Type.Array(SavedFilter) } },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const { filters, total } = await findFilters(env, request.actor, page)
      sendPageHeaders(request, reply, page, { total })
      return filters
    },
  )

  http.get(
    '/filters/:id',
    { onRequest, schema: { tags, summary: 'One saved filter', params, response: { 200: SavedFilter } } },
    async ({ actor, params }) => findFilter(env, actor, params.id),
  )

  http.get(
    '/filters/:id/search',
    {
      onRequest,
      schema: {
        ...{ tags, summary: 'The devices that match a saved filter', params, querystring },
        response: { 200: Type.Array(Device) },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const { terms } = await findFilter(env, request.actor, request.params.id)
      const { devices, total } = await findDevices(env, request.actor, { terms, page })
      sendPageHeaders(request, reply, page, { total })
      return devices
    },
  )

  http.delete(
    '/filters/:id',
    { onRequest, config, schema: { tags, summary: 'Delete a saved filter', params, response: { 204: nothing() } } },
    async ({ actor, params }, reply) => {
      await deleteFilter(env, actor, params.id)
      return reply.code(204).send()
    },
  )
}
