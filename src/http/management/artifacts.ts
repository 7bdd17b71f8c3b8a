import { type Static, Type } from 'typebox'
import { Artifact } from '../../artifacts/artifact.ts'
import { artifactLink } from '../../artifacts/artifact-link.ts'
import { deleteArtifact } from '../../artifacts/delete-artifact.ts'
import { describeArtifact } from '../../artifacts/describe-artifact.ts'
import { findArtifact, findArtifacts, findStorageUsage } from '../../artifacts/find-artifacts.ts'
import type { Asker } from '../../auth/devices/visible-devices.ts'
import { badRequest } from '../../errors.ts'
import { baseUrl } from '../base-url.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { requireUuid } from '../ids.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'
import { ExactOrPrefix, NameList, readWanted } from './names.ts'
import { NEWEST_FIRST, readSort } from './sort.ts'

const TAGS = ['artifacts']
const Id = Type.Object({ id: Type.String() })
const Filters = {
  name: Type.Optional(Type.String({ description: 'Part of the name' })),
  description: Type.Optional(Type.String({ description: 'Part of the description' })),
  device_type: Type.Optional(Type.String({ description: 'One of the device types, as it is written' })),
}
const ListQuery = Type.Object({
  ...Filters,
  ...PagingQuery,
  sort: Type.Optional(Type.String({ description: 'name or modified, then :asc or :desc' })),
})

/** Seconds that a user has to begin a download. */
const LINK_LIFETIME_S = 15 * 60

export const artifactRoutes: Routes = (http, env) => {
  http.get(
    '/artifacts',
    {
      schema: {
        tags: TAGS,
        summary: 'All artifacts, newest first',
        querystring: Type.Object(Filters),
        response: { 200: Type.Array(Artifact), ...refusals(400, 401) },
      },
    },
    async ({ actor, query }) => {
      const { artifacts } = await findArtifacts(env.db.reads, filters(actor, query), { order: NEWEST_FIRST })
      return artifacts
    },
  )

  http.get(
    '/artifacts/list',
    {
      schema: {
        tags: TAGS,
        summary: 'Artifacts, a page at a time',
        querystring: ListQuery,
        response: { 200: Type.Array(Artifact), ...refusals(400, 401) },
      },
    },
    async (request, reply) => {
      const { actor, query } = request
      const page = readPage(query)
      const slice = { order: readSort(query.sort, ['name', 'modified']), limit: page.per_page, offset: page.offset }
      const { total, artifacts } = await findArtifacts(env.db.reads, filters(actor, query), slice)
      sendPageHeaders(request, reply, page, { total })
      return artifacts
    },
  )

  http.get(
    '/artifacts/:id',
    {
      schema: {
        tags: TAGS,
        summary: 'One artifact',
        params: Id,
        response: { 200: Artifact, ...refusals(400, 401, 404) },
      },
    },
    async ({ actor, params }) => findArtifact(env.db, actor, requireUuid(params.id)),
  )

  http.get(
    '/artifacts/:id/download',
    {
      config: { permission: 'download' },
      schema: {
        tags: TAGS,
        summary: 'A link to the file, good for 15 minutes, that needs no login',
        params: Id,
        response: {
          200: Type.Object({ uri: Type.String(), expire: Type.String(), method: Type.Literal('GET') }),
          ...refusals(400, 401, 403, 404),
        },
      },
    },
    async (request) => {
      const { tenant_id } = request.actor
      const { id, name } = await findArtifact(env.db, request.actor, requireUuid(request.params.id))
      return artifactLink(env, baseUrl(env, request), { tenant_id, id, name }, LINK_LIFETIME_S)
    },
  )
}

export const changeArtifactRoutes: Routes = (http, env) => {
  http.put(
    '/artifacts/:id',
    {
      config: { permission: 'artifacts' },
      schema: {
        tags: TAGS,
        summary: 'Change the description',
        params: Id,
        body: Type.Object({ description: Type.Optional(Type.String()) }),
        response: { 204: nothing(), ...refusals(400, 401, 403, 404, 422) },
      },
    },
    async ({ actor, params, body }, reply) => {
      await describeArtifact(env, actor, { id: requireUuid(params.id), description: body.description ?? '' })
      return reply.code(204).send()
    },
  )

  http.delete(
    '/artifacts/:id',
    {
      config: { permission: 'artifacts' },
      schema: {
        tags: TAGS,
        summary: 'Remove an artifact that no unfinished deployment uses',
        description: 'While one does, 409 with `active_deployments`, their ids.',
        params: Id,
        response: { 204: nothing(), ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async ({ actor, params }, reply) => {
      await deleteArtifact(env, actor, requireUuid(params.id))
      return reply.code(204).send()
    },
  )

  http.get(
    '/limits/:name',
    {
      schema: {
        tags: TAGS,
        summary: 'Bytes that artifact files take; limit 0: as many as the disk holds',
        params: Type.Object({ name: Type.String() }),
        response: {
          200: Type.Object({ limit: Type.Integer(), usage: Type.Integer() }),
          ...refusals(400, 401),
        },
      },
    },
    async ({ actor, params }) => {
      if (params.name !== 'storage') throw badRequest(`unsupported limit ${params.name}`)
      return { limit: 0, usage: await findStorageUsage(env.db.reads, actor.tenant_id) }
    },
  )
}

export const artifactV2Routes: Routes = (http, env) => {
  http.get(
    '/artifacts',
    {
      schema: {
        tags: TAGS,
        summary: 'Artifacts by exact texts, or by the beginning of one: name*',
        querystring: Type.Object({
          ...{ ...ListQuery.properties, name: NameList, description: ExactOrPrefix, device_type: ExactOrPrefix },
        }),
        response: { 200: Type.Array(Artifact), ...refusals(400, 401) },
      },
    },
    async (request, reply) => {
      const { actor, query } = request
      const page = readPage(query)
      const wanted = {
        name: readWanted(query.name),
        description: readWanted([query.description ?? '']),
        device_type: readWanted([query.device_type ?? '']),
      }
      const slice = { order: readSort(query.sort, ['name', 'modified']), limit: page.per_page, offset: page.offset }
      const { total, artifacts } = await findArtifacts(env.db.reads, { asker: actor, ...wanted }, slice)
      sendPageHeaders(request, reply, page, { total })
      return artifacts
    },
  )
}

type Asked = { [Name in keyof Static<typeof ListQuery>]?: string | undefined }

/** What is asked for with nothing is not asked for. */
const filters = (asker: Asker, { name, description, device_type }: Asked) => ({
  asker,
  name: name ? { part: name } : undefined,
  description: description ? { part: description } : undefined,
  device_type: device_type ? { exact: [device_type] } : undefined,
})
