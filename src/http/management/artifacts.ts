import { type Static, Type } from 'typebox'
import { Artifact } from '../../artifacts/artifact.ts'
import { artifactLink } from '../../artifacts/artifact-link.ts'
import { deleteArtifact } from '../../artifacts/delete-artifact.ts'
import { describeArtifact } from '../../artifacts/describe-artifact.ts'
import { labelOfArtifact } from '../../artifacts/file-headers.ts'
import { findArtifact, findArtifacts } from '../../artifacts/find-artifacts.ts'
import { findStorageUsage } from '../../artifacts/find-storage-usage.ts'
import type { Viewer } from '../../auth/devices/visible-devices.ts'
import { badRequest } from '../../errors.ts'
import { baseUrl } from '../base-url.ts'
import { nothing, refusals } from '../document/responses.ts'
import { DownloadLink } from '../download-link.ts'
import type { Routes } from '../http.ts'
import { requireUuid } from '../ids.ts'
import { PagingQuery, readPage, sendPageHeaders } from '../paging.ts'
import { ExactOrPrefix, NameList, readWanted } from './names.ts'
import { NEWEST_FIRST, readSort } from './sort.ts'

const TAGS = ['artifacts']
const Id = Type.Object({ id: Type.String({ description: 'ID of the artifact' }) })
const Filters = {
  name: Type.Optional(Type.String({ description: 'Part of the name' })),
  description: Type.Optional(Type.String({ description: 'Part of the description' })),
  device_type: Type.Optional(Type.String({ description: 'One of the device types, exactly' })),
}
const ListQuery = Type.Object({
  ...Filters,
  ...PagingQuery,
  sort: Type.Optional(
    Type.String({ description: '`name` or `modified`, then `:asc` or `:desc`; by default the newest first' }),
  ),
})

const StorageUsage = Type.Object(
  {
    limit: Type.Integer({ description: 'Bytes that artifact files may take; 0: no limit' }),
    usage: Type.Integer({ description: 'Bytes that artifact files take' }),
  },
  { title: 'StorageUsage', description: 'Storage of a tenant' },
)

/** The seconds within which a user has to start a download. */
const LINK_LIFETIME_S = 15 * 60

export const artifactRoutes: Routes = (http, env) => {
  http.get(
    '/artifacts',
    {
      schema: {
        ...{ tags: TAGS, operationId: 'listAllArtifacts', summary: 'List all artifacts at once, newest first' },
        querystring: Type.Object(Filters),
        response: { 200: Type.Array(Artifact) },
      },
    },
    async ({ actor, query }) => {
      const { artifacts } = await findArtifacts(env, filters(actor, query), { order: NEWEST_FIRST })
      return artifacts
    },
  )

  http.get(
    '/artifacts/list',
    {
      schema: {
        ...{ tags: TAGS, operationId: 'listArtifacts', summary: 'List artifacts' },
        querystring: ListQuery,
        response: { 200: Type.Array(Artifact) },
      },
    },
    async (request, reply) => {
      const { actor, query } = request
      const page = readPage(query)
      const slice = { order: readSort(query.sort, ['name', 'modified']), limit: page.per_page, offset: page.offset }
      const { total, artifacts } = await findArtifacts(env, filters(actor, query), slice)
      sendPageHeaders(request, reply, page, { total })
      return artifacts
    },
  )

  http.get(
    '/artifacts/:id',
    {
      schema: {
        ...{ tags: TAGS, operationId: 'getArtifact', summary: 'Get an artifact', params: Id },
        response: { 200: Artifact, ...refusals(404) },
      },
    },
    async ({ actor, params }) => findArtifact(env.db, actor, requireUuid(params.id)),
  )

  http.get(
    '/artifacts/:id/download',
    {
      config: { permission: 'download' },
      schema: {
        ...{ tags: TAGS, operationId: 'getDownloadLink', summary: 'Get a link to the file of an artifact', params: Id },
        description: 'The link is valid for 15 minutes and needs no login.',
        response: { 200: DownloadLink, ...refusals(404) },
      },
    },
    async (request) => {
      const { tenant_id } = request.actor
      const artifact = await findArtifact(env.db, request.actor, requireUuid(request.params.id))
      const linked = { tenant_id, id: artifact.id, file: labelOfArtifact(artifact) }
      return artifactLink(env, baseUrl(env, request), linked, LINK_LIFETIME_S)
    },
  )
}

export const changeArtifactRoutes: Routes = (http, env) => {
  http.put(
    '/artifacts/:id',
    {
      config: { permission: 'artifacts' },
      schema: {
        ...{ tags: TAGS, operationId: 'updateArtifact', summary: 'Change the description of an artifact', params: Id },
        description: 'Possible until the artifact is deployed for the first time.',
        body: Type.Object(
          { description: Type.Optional(Type.String({ description: 'The new description; absent: none' })) },
          { title: 'ArtifactDescription', description: 'What to change of an artifact' },
        ),
        response: { 204: nothing(), ...refusals(404, 422) },
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
        ...{ tags: TAGS, operationId: 'deleteArtifact', summary: 'Delete an artifact', params: Id },
        description: 'Refused with 409 and `active_deployments`, their IDs, while unfinished deployments use it.',
        response: { 204: nothing(), ...refusals(404, 409) },
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
        ...{ tags: TAGS, operationId: 'getStorageUsage', summary: 'Get the storage that artifact files take' },
        params: Type.Object({ name: Type.String({ description: '`storage`; there is no other limit' }) }),
        response: { 200: StorageUsage },
      },
    },
    async ({ actor, params }) => {
      if (params.name !== 'storage') throw badRequest(`unsupported limit ${params.name}`)
      return { limit: 0, usage: await findStorageUsage(env, actor.tenant_id) }
    },
  )
}

export const artifactV2Routes: Routes = (http, env) => {
  http.get(
    '/artifacts',
    {
      schema: {
        ...{ tags: TAGS, operationId: 'searchArtifacts', summary: 'List artifacts by exact values or prefixes' },
        querystring: Type.Object({
          ...{ ...ListQuery.properties, name: NameList, description: ExactOrPrefix, device_type: ExactOrPrefix },
        }),
        response: { 200: Type.Array(Artifact) },
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
      const { total, artifacts } = await findArtifacts(env, { viewer: actor, ...wanted }, slice)
      sendPageHeaders(request, reply, page, { total })
      return artifacts
    },
  )
}

type FilterQuery = { [Name in keyof Static<typeof ListQuery>]?: string | undefined }

/** An empty parameter is as good as none. */
const filters = (viewer: Viewer, { name, description, device_type }: FilterQuery) => ({
  viewer,
  name: name ? { part: name } : undefined,
  description: description ? { part: description } : undefined,
  device_type: device_type ? { exact: [device_type] } : undefined,
})
