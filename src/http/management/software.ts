import { Type } from 'typebox'
import { findReleases } from '../../artifacts/find-releases.ts'
import { findTags } from '../../artifacts/find-tags.ts'
import { SOFTWARE_KINDS, Software, toSoftware } from '../../artifacts/software.ts'
import { badRequest } from '../../errors.ts'
import type { Routes } from '../http.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'
import { readSort } from './sort.ts'

const tags = ['releases']
const Kind = Type.Optional(
  Type.String({ description: `\`${SOFTWARE_KINDS.join('` or `')}\`; Muster has no manifests` }),
)
const Names = Type.Optional(Type.Array(Type.String(), { description: 'Any of these names, exactly' }))
const Tags = Type.Optional(Type.Array(Type.String(), { description: 'Any of these tags' }))

const Query = Type.Object({
  ...{ ...PagingQuery, name: Names, kind: Kind, tag: Tags },
  name_prefix: Type.Optional(Type.String({ description: 'Prefix of the name, in any case' })),
  update_type: Type.Optional(Type.String({ description: 'Payload type of one of the artifacts' })),
  sort: Type.Optional(
    Type.String({ description: '`name`, `modified` or `tags`, then `:asc` or `:desc`; by default `name:asc`' }),
  ),
})

/** Below `/api/management/v1alpha1/deployments`. */
export const softwareRoutes: Routes = (http, env) => {
  http.get(
    '/software',
    {
      schema: {
        ...{ tags, operationId: 'listSoftware', summary: 'List releases without their artifacts', querystring: Query },
        response: { 200: Type.Array(Software) },
      },
    },
    async (request, reply) => {
      const { actor, query } = request
      const page = readPage(query)
      const names = withoutEmpty(query.name)
      if (names && query.name_prefix)
        throw badRequest('name and name_prefix exclude each other: give only one of them.')
      const wanted = {
        ...{ viewer: actor, names, tags: withoutEmpty(query.tag), prefix: query.name_prefix || undefined },
        ...{ update_type: query.update_type || undefined, none: isManifest(query.kind) },
      }
      const order = readSort(query.sort || 'name:asc', ['name', 'modified', 'tags'])
      const slice = { order, limit: page.per_page, offset: page.offset }
      const { total, releases } = await findReleases(env, wanted, slice)
      sendPageHeaders(request, reply, page, { total })
      return releases.map(toSoftware)
    },
  )

  http.get(
    '/software/tags',
    {
      schema: {
        ...{ tags, operationId: 'listSoftwareTags', summary: 'List the tags of all software' },
        querystring: Type.Object({ kind: Kind }),
        response: { 200: Type.Array(Type.String()) },
      },
    },
    async ({ actor, query }) => (isManifest(query.kind) ? [] : findTags(env, actor)),
  )

  http.get(
    '/manifests',
    {
      schema: {
        ...{
          tags,
          operationId: 'listManifests',
          summary: 'List software for systems of several devices: always empty',
        },
        querystring: Type.Object(PagingQuery),
        response: { 200: Type.Array(Type.Object({})) },
      },
    },
    async (request, reply) => {
      sendPageHeaders(request, reply, readPage(request.query), { total: 0 })
      return []
    },
  )
}

const withoutEmpty = (words: string[] = []): string[] | undefined => {
  const wanted = words.filter((word) => word !== '')
  return wanted.length > 0 ? wanted : undefined
}

function isManifest(kind = ''): boolean {
  if (kind !== '' && !SOFTWARE_KINDS.some((one) => one === kind))
    throw badRequest(`kind: must be one of ${SOFTWARE_KINDS.join(', ')}`)
  return kind === 'manifest'
}
