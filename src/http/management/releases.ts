import { type Static, Type } from 'typebox'
import { findRelease, findReleases, RELEASE_ORDERS, type ReleaseQuery } from '../../artifacts/find-releases.ts'
import { findTags } from '../../artifacts/find-tags.ts'
import { findUpdateTypes } from '../../artifacts/find-update-types.ts'
import { Release, ReleaseV1, toV1 } from '../../artifacts/release.ts'
import { RELEASE_COLUMNS, releaseCells } from '../../artifacts/release-csv.ts'
import { walkReleases } from '../../artifacts/walk-releases.ts'
import type { Viewer } from '../../auth/devices/visible-devices.ts'
import { mapChunks } from '../../map-chunks.ts'
import { CSV_NOTE, Csv, sendCsv } from '../bodies/csv.ts'
import { refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'
import { readSort } from './sort.ts'

const tags = ['releases']
const Filters = {
  name: Type.Optional(Type.String({ description: 'Part of the name, in any case' })),
  description: Type.Optional(Type.String({ description: "Part of an artifact's description, in any case" })),
  device_type: Type.Optional(Type.String({ description: 'A device type that one of the artifacts is for' })),
  tag: Type.Optional(Type.Array(Type.String(), { description: 'Any of these tags' })),
  update_type: Type.Optional(Type.String({ description: 'Payload type of one of the artifacts' })),
}
const ListQuery = Type.Object({
  ...PagingQuery,
  sort: Type.Optional(
    Type.String({ description: '`name`, `modified`, `artifacts_count` or `tags`, then `:asc` or `:desc`' }),
  ),
  ...Filters,
})

const ListV2Query = Type.Object({
  ...ListQuery.properties,
  name: Type.Optional(Type.String({ description: 'Prefix of the name, in any case' })),
  search: Type.Optional(Type.String({ description: 'Part of the name, in any case' })),
})

/** The rows of the unpaged list of version 1. */
const MAX_UNPAGED = 20

export const releaseRoutes: Routes = (http, env) => {
  http.get(
    '/deployments/releases',
    {
      schema: {
        ...{ tags, operationId: 'listFirstReleases', summary: 'List the first 20 releases by name' },
        querystring: Type.Object(Filters),
        response: { 200: Type.Array(ReleaseV1) },
      },
    },
    async ({ actor, query }) => {
      const slice = { order: { by: 'name' as const, ascending: true }, limit: MAX_UNPAGED, offset: 0 }
      const wanted = { ...filters(actor, query), name: query.name || undefined }
      const { releases } = await findReleases(env, wanted, slice)
      return releases.map(toV1)
    },
  )

  http.get(
    '/deployments/releases/list',
    {
      schema: {
        ...{ tags, operationId: 'listReleasesV1', summary: 'List releases in the form of version 1' },
        querystring: ListQuery,
        response: { 200: Type.Array(ReleaseV1) },
      },
    },
    async (request, reply) => {
      const { actor, query } = request
      const page = readPage(query)
      const wanted = { ...filters(actor, query), name: query.name || undefined }
      const { total, releases } = await findReleases(env, wanted, slice(page, query.sort))
      sendPageHeaders(request, reply, page, { total })
      return releases.map(toV1)
    },
  )
}

export const releaseV2Routes: Routes = (http, env) => {
  http.get(
    '/deployments/releases',
    {
      schema: {
        ...{ tags, operationId: 'listReleases', summary: 'List releases', querystring: ListV2Query },
        response: { 200: Type.Array(Release) },
      },
    },
    async (request, reply) => {
      const { actor, query } = request
      const page = readPage(query)
      const wanted = filtersV2(actor, query)
      const { total, releases } = await findReleases(env, wanted, slice(page, query.sort))
      sendPageHeaders(request, reply, page, { total })
      return releases
    },
  )

  http.get(
    '/deployments/releases/:name',
    {
      schema: {
        ...{ tags, operationId: 'getRelease', summary: 'Get a release' },
        params: Type.Object({ name: Type.String({ description: 'Name of the release' }) }),
        response: { 200: Release, ...refusals(404) },
      },
    },
    async ({ actor, params }) => findRelease(env.db, actor, params.name),
  )

  http.get(
    '/releases/all/tags',
    {
      schema: {
        ...{ tags, operationId: 'listReleaseTags', summary: 'List the tags of all releases' },
        response: { 200: Type.Array(Type.String()) },
      },
    },
    async ({ actor }) => findTags(env, actor),
  )

  http.get(
    '/releases/all/export',
    {
      schema: {
        ...{ tags, operationId: 'exportReleases', summary: 'Export releases as a table' },
        description: `All that match. ${CSV_NOTE}`,
        querystring: Type.Omit(ListV2Query, ['page', 'per_page']),
        response: { 200: Csv },
      },
    },
    async ({ actor, query }, reply) => {
      const releases = walkReleases(env, filtersV2(actor, query), orderOf(query.sort))
      const chunks = mapChunks(releases, (chunk) => chunk.map(releaseCells))
      return sendCsv(reply, { name: 'releases', columns: RELEASE_COLUMNS, chunks })
    },
  )

  http.get(
    '/releases/all/types',
    {
      schema: {
        ...{ tags, operationId: 'listUpdateTypes', summary: 'List the payload types of all artifacts' },
        response: { 200: Type.Array(Type.String()) },
      },
    },
    async ({ actor }) => findUpdateTypes(env, actor),
  )
}

const filtersV2 = (actor: Viewer, query: Static<typeof ListV2Query>) => ({
  ...{ ...filters(actor, query), prefix: query.name || undefined, name: query.search || undefined },
})

type Query = { [Name in keyof typeof Filters]?: Static<typeof ListQuery>[Name] }

const orderOf = (sort: string | undefined) =>
  sort ? readSort(sort, RELEASE_ORDERS) : { by: 'name' as const, ascending: true }

const slice = ({ per_page, offset }: { per_page: number; offset: number }, sort: string | undefined) => ({
  order: orderOf(sort),
  limit: per_page,
  offset,
})

/** An empty parameter is as good as none. */
function filters(viewer: Viewer, query: Query): ReleaseQuery & { viewer: Viewer } {
  const wanted = query.tag?.filter((tag) => tag !== '') ?? []
  return {
    viewer,
    description: query.description || undefined,
    device_type: query.device_type || undefined,
    update_type: query.update_type || undefined,
    tags: wanted.length > 0 ? wanted : undefined,
  }
}
