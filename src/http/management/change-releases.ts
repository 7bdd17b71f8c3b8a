import { Type } from 'typebox'
import { deleteReleases } from '../../artifacts/delete-releases.ts'
import { describeRelease } from '../../artifacts/describe-release.ts'
import { Notes, Tags } from '../../artifacts/release.ts'
import { tagRelease } from '../../artifacts/tag-release.ts'
import { badRequest } from '../../errors.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const tags = ['releases']
const params = Type.Object({ name: Type.String({ description: 'Name of the release' }) })
const config = { permission: 'artifacts' } as const
const MAX_NAMES = 100

export const changeReleaseRoutes: Routes = (http, env) => {
  http.patch(
    '/deployments/releases/:name',
    {
      config,
      schema: {
        ...{ tags, operationId: 'updateRelease', summary: 'Change the notes of a release', params },
        body: Type.Object({ notes: Notes }, { title: 'ReleaseChange', description: 'What to change of a release' }),
        response: { 204: nothing(), ...refusals(404) },
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
        ...{ tags, operationId: 'replaceReleaseTags', summary: 'Replace the tags of a release', params },
        description:
          'All releases together have at most 100 different tags. Tags decide who sees a release, so this takes the permission set ManageReleases without a scope.',
        body: Tags,
        response: { 204: nothing(), ...refusals(404, 409) },
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
        ...{
          tags,
          operationId: 'deleteReleases',
          summary: 'Delete releases with all their artifacts, or none of them',
        },
        description: 'Refused with 409 and `active_deployments`, their IDs, while unfinished deployments use one.',
        querystring: Type.Object({
          name: Type.Optional(
            Type.Array(Type.String(), { maxItems: MAX_NAMES, description: 'Required: names of the releases' }),
          ),
        }),
        response: { 204: nothing(), ...refusals(409) },
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
