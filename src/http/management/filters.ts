import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { planHas } from '../../auth/plan.ts'
import { featureNotInPlan } from '../../errors.ts'
import { KnownAttribute, listAttributes } from '../../inventory/attributes/list-attributes.ts'
import { Device } from '../../inventory/device.ts'
import { findDevices } from '../../inventory/devices/find-devices.ts'
import { FilterTerm } from '../../inventory/filter.ts'
import { FILTER_COLUMNS, filterCells } from '../../inventory/filter-csv.ts'
import { changeFilter } from '../../inventory/filters/change-filter.ts'
import { deleteFilter } from '../../inventory/filters/delete-filter.ts'
import { findFilter, findFilters } from '../../inventory/filters/find-filters.ts'
import { saveFilter } from '../../inventory/filters/save-filter.ts'
import { walkFilters } from '../../inventory/filters/walk-filters.ts'
import { Projection, Sort } from '../../inventory/query.ts'
import { NewFilter, SavedFilter } from '../../inventory/saved-filter.ts'
import { mapChunks } from '../../map-chunks.ts'
import { CSV_NOTE, Csv, sendCsv } from '../bodies/csv.ts'
import { created, nothing, refusals, withHeaders } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { sendCreated } from '../idempotency/creates.ts'
import { IfMatch, readIfMatch } from '../if-match.ts'
import { BodyPaging, PagingQuery, readBodyPage, readPage, sendPageHeaders } from '../paging.ts'

const tags = ['inventory filters']
const params = Type.Object({ id: Type.String({ description: 'ID of the filter' }) })
const querystring = Type.Object(PagingQuery)
const config = { permission: 'filters' as const }

const Search = Type.Object(
  {
    ...BodyPaging,
    filters: Type.Optional(Type.Array(FilterTerm, { description: 'Terms that must all hold; absent: all devices' })),
    sort: Type.Optional(Type.Array(Sort, { description: 'The most significant attribute first, at most 10' })),
    attributes: Type.Optional(Type.Array(Projection, { description: 'Attributes to return; absent: all' })),
    device_ids: Type.Optional(Type.Array(Type.String(), { description: 'Any of these devices; absent: all' })),
    text: Type.Optional(
      Type.String({
        maxLength: 200,
        description:
          'An ID, a value of an identity attribute, or of the attribute by which devices are called (`id_attribute` in the settings of the tenant). If no device has it: part of the ID, the group or an attribute, in any case',
      }),
    ),
  },
  { title: 'DeviceSearch', description: 'Which devices to find, and how to return them' },
)

/** Before the body is read. */
const onRequest = async ({ actor }: FastifyRequest) => {
  if (!planHas(actor.plan, 'saved_filters')) throw featureNotInPlan()
}

export const filterRoutes: Routes = (http, env) => {
  http.post(
    '/filters/search',
    {
      schema: {
        ...{ tags, operationId: 'searchInventory', summary: 'Search for devices by their attributes', body: Search },
        response: { 200: withHeaders(Type.Array(Device), 'x-total-count'), ...refusals(422, 429) },
      },
    },
    async ({ actor, body }, reply) => {
      const { filters: terms = [], page, per_page, ...query } = body
      const { devices, total } = await findDevices(env, actor, {
        ...{ ...query, terms, page: readBodyPage({ page, per_page }) },
      })
      reply.header('x-total-count', String(total))
      return devices
    },
  )

  http.get(
    '/filters/attributes',
    {
      schema: {
        ...{ tags, operationId: 'listAttributes', summary: 'List the attributes of devices, most frequent first' },
        description: 'In a large fleet those of a sample of 5000 devices; at most 500.',
        response: { 200: Type.Array(KnownAttribute) },
      },
    },
    async ({ actor }) => listAttributes(env, actor),
  )

  http.post(
    '/filters',
    {
      onRequest,
      config: { ...config, creates: { location: (id) => `filters/${id}` } },
      schema: {
        ...{ tags, operationId: 'createFilter', summary: 'Save a filter', body: NewFilter },
        response: { 201: created(), ...refusals(409) },
      },
    },
    async ({ actor, body }, reply) => sendCreated(reply, await saveFilter(env, actor, body)),
  )

  http.get(
    '/filters',
    {
      onRequest,
      schema: {
        ...{ tags, operationId: 'listFilters', summary: 'List saved filters', querystring },
        response: { 200: Type.Array(SavedFilter) },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const { filters, total } = await findFilters(env, request.actor, page)
      sendPageHeaders(request, reply, page, { total })
      return filters
    },
  )

  http.get(
    '/filters/export',
    {
      onRequest,
      schema: {
        ...{ tags, operationId: 'exportFilters', summary: 'Export saved filters as a table' },
        description: `All of them, with their conditions in words and their terms as JSON. ${CSV_NOTE}`,
        response: { 200: Csv },
      },
    },
    async ({ actor }, reply) => {
      const chunks = mapChunks(walkFilters(env, actor), (chunk) => chunk.map(filterCells))
      return sendCsv(reply, { name: 'filters', columns: FILTER_COLUMNS, chunks })
    },
  )

  http.get(
    '/filters/:id',
    {
      onRequest,
      schema: {
        ...{ tags, operationId: 'getFilter', summary: 'Get a saved filter', params },
        response: { 200: withHeaders(SavedFilter, 'etag'), ...refusals(404) },
      },
    },
    async ({ actor, params }, reply) => {
      const { filter, version } = await findFilter(env, actor, params.id)
      reply.header('etag', `"${version}"`)
      return filter
    },
  )

  http.put(
    '/filters/:id',
    {
      ...{ onRequest, config },
      schema: {
        ...{ tags, operationId: 'replaceFilter', summary: 'Change the name and the terms of a saved filter', params },
        description: 'Deployments that were created with it do not change: they have a copy of its terms.',
        ...{ headers: IfMatch, body: NewFilter, response: { 204: nothing(), ...refusals(404, 409, 412) } },
      },
    },
    async (request, reply) => {
      const { actor, params, body: filter } = request
      await changeFilter(env, actor, { id: params.id, filter, if_match: readIfMatch(request) })
      return reply.code(204).send()
    },
  )

  http.get(
    '/filters/:id/search',
    {
      onRequest,
      schema: {
        ...{ tags, operationId: 'listFilterDevices', summary: 'List the devices that match a saved filter', params },
        ...{ querystring, response: { 200: Type.Array(Device), ...refusals(404, 422, 429) } },
      },
    },
    async (request, reply) => {
      const page = readPage(request.query)
      const { filter } = await findFilter(env, request.actor, request.params.id)
      const { terms } = filter
      const { devices, total } = await findDevices(env, request.actor, { terms, page })
      sendPageHeaders(request, reply, page, { total })
      return devices
    },
  )

  http.delete(
    '/filters/:id',
    {
      ...{ onRequest, config },
      schema: {
        ...{ tags, operationId: 'deleteFilter', summary: 'Delete a saved filter', params },
        description: 'Deployments that were created with it go on.',
        response: { 204: nothing(), ...refusals(404) },
      },
    },
    async ({ actor, params }, reply) => {
      await deleteFilter(env, actor, params.id)
      return reply.code(204).send()
    },
  )
}
