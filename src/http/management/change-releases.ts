import { Type } from 'typebox'
import { deleteReleases } from '../../artifacts/delete-releases.ts'
import { describeRelease } from '../../artifacts/describe-release.ts'
import { Notes, Tags } from '../../artifacts/release.ts'
import { tagRelease } from '../../artifacts/tag-release.ts'
import { badRequest } from '../../errors.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const tags = ['releases']
const params = Type.Object({ name: Type.String() })
const config = { permission: 'artifacts' } as const
const MOST_NAMES = 100

export const changeReleaseRoutes: Routes = (http, env) => {
  http.patch(
    '/deployments/releases/:name',
    {
      config,
      schema: {
        ...{ tags, summary: 'Change the notes on a release', params },
        body: Type.Object({ notes: Notes }),
        response: { 204: nothing(), ...refusals(400, 401, 403, 404) },
      },
    },
    async ({ actor, params: { name }, body: { notes } }, reply) => {
      await describeRelease(env, actor, { name, notes })
      return reply.code(204).send()
    },
  )

  http.put(
    '/deployments/releases/:name/tags',
    {
      config: { permission: 'release_tags' },
      schema: {
        ...{ tags, summary: 'Replace the tags of a release', params },
        description:
          'At most 20 of them, and at most 100 different ones on all releases. Takes ManageReleases without a scope: tags decide who sees the release.',
        body: Tags,
        response: { 204: nothing(), ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async ({ actor, params: { name }, body }, reply) => {
      await tagRelease(env, actor, { name, tags: body })
      return reply.code(204).send()
    },
  )

  http.delete(
    '/deployments/releases',
    {
      config,
      schema: {
        ...{ tags, summary: 'Remove releases with all their artifacts, or none of them' },
        description: 'While an unfinished deployment uses one, 409 with `active_deployments`, their ids.',
        querystring: Type.Object({ name: Type.Optional(Type.Array(Type.String(), { maxItems: MOST_NAMES })) }),
        response: { 204: nothing(), ...refusals(400, 401, 403, 409) },
      },
    },
    async ({ actor, query }, reply) => {
      const names = (query.name ?? []).filter((name) => name !== '')
      if (names.length === 0) throw badRequest('at least one release name has to be provided')
      await deleteReleases(env, actor, names)
      return reply.code(204).send()
    },
  )
}
