import { type Static, Type } from 'typebox'
import {
  findRelease,
  findReleases,
  findTags,
  findUpdateTypes,
  RELEASE_ORDERS,
  type ReleaseQuery,
} from '../../artifacts/find-releases.ts'
import { Release, ReleaseV1, toV1 } from '../../artifacts/release.ts'
import type { Asker } from '../../auth/devices/visible-devices.ts'
import { refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'
import { readSort } from './sort.ts'

const TAGS = ['releases']
const Filters = {
  name: Type.Optional(Type.String({ description: 'Part of the name, in any case' })),
  description: Type.Optional(Type.String({ description: "Part of an artifact's description, in any case" })),
  device_type: Type.Optional(Type.String({ description: 'A device type of an artifact' })),
  tag: Type.Optional(Type.Array(Type.String(), { description: 'Any of these tags' })),
  update_type: Type.Optional(Type.String({ description: 'Type of a payload of an artifact' })),
}
const ListQuery = Type.Object({
  ...PagingQuery,
  sort: Type.Optional(Type.String({ description: 'name, modified, artifacts_count or tags, then :asc or :desc' })),
  ...Filters,
})

const ListV2Query = Type.Object({
  ...ListQuery.properties,
  name: Type.Optional(Type.String({ description: 'Beginning of the name, in any case' })),
  search: Type.Optional(Type.String({ description: 'Part of the name, in any case' })),
})

/** The unpaged list of version 1 ends here. */
const MOST_UNPAGED = 20

export const releaseRoutes: Routes = (http, env) => {
  http.get(
    '/deployments/releases',
    {
      schema: {
        tags: TAGS,
        summary: 'The first 20 releases; use /deployments/releases/list for more',
        querystring: Type.Object(Filters),
        response: { 200: Type.Array(ReleaseV1), ...refusals(400, 401) },
      },
    },
    async ({ actor, query }) => {
      const slice = { order: { by: 'name' as const, ascending: true }, limit: MOST_UNPAGED, offset: 0 }
      const asked = { ...filters(actor, query), name: query.name || undefined }
      const { releases } = await findReleases(env.db.reads, asked, slice)
      return releases.map(toV1)
    },
  )

  http.get(
    '/deployments/releases/list',
    {
      schema: {
        tags: TAGS,
        summary: 'Releases, a page at a time',
        querystring: ListQuery,
        response: { 200: Type.Array(ReleaseV1), ...refusals(400, 401) },
      },
    },
    async (request, reply) => {
      const { actor, query } = request
      const page = readPage(query)
      const asked = { ...filters(actor, query), name: query.name || undefined }
      const { total, releases } = await findReleases(env.db.reads, asked, slice(page, query.sort))
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
        tags: TAGS,
        summary: 'Releases; name is the beginning of the name',
        querystring: ListV2Query,
        response: { 200: Type.Array(Release), ...refusals(400, 401) },
      },
    },
    async (request, reply) => {
      const { actor, query } = request
      const page = readPage(query)
      const asked = { ...filters(actor, query), prefix: query.name || undefined, name: query.search || undefined }
      const { total, releases } = await findReleases(env.db.reads, asked, slice(page, query.sort))
      sendPageHeaders(request, reply, page, { total })
      return releases
    },
  )

  http.get(
    '/deployments/releases/:name',
    {
      schema: {
        tags: TAGS,
        summary: 'One release',
        params: Type.Object({ name: Type.String() }),
        response: { 200: Release, ...refusals(401, 404) },
      },
    },
    async ({ actor, params }) => findRelease(env.db, actor, params.name),
  )

  http.get(
    '/releases/all/tags',
    { schema: { tags: TAGS, summary: 'Every tag in use', response: { 200: Type.Array(Type.String()) } } },
    async ({ actor }) => findTags(env.db.reads, actor),
  )

  http.get(
    '/releases/all/types',
    { schema: { tags: TAGS, summary: 'Every payload type in use', response: { 200: Type.Array(Type.String()) } } },
    async ({ actor }) => findUpdateTypes(env.db.reads, actor),
  )
}

type Query = { [Name in keyof typeof Filters]?: Static<typeof ListQuery>[Name] }

const slice = ({ per_page, offset }: { per_page: number; offset: number }, sort: string | undefined) => ({
  order: sort ? readSort(sort, RELEASE_ORDERS) : { by: 'name' as const, ascending: true },
  limit: per_page,
  offset,
})

/** What is asked for with nothing is not asked for. */
function filters(asker: Asker, query: Query): ReleaseQuery & { asker: Asker } {
  const tags = query.tag?.filter((tag) => tag !== '') ?? []
  return {
    asker,
    description: query.description || undefined,
    device_type: query.device_type || undefined,
    update_type: query.update_type || undefined,
    tags: tags.length > 0 ? tags : undefined,
  }
}
