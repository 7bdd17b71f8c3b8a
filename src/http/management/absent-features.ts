import { Type } from 'typebox'
import { noDirectUpload } from '../../errors.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'

/** What the web GUI asks for at every start, and complains of where there is no answer: Muster has none of it. */
export const deltaConfigRoutes: Routes = (http) => {
  http.get(
    '/config',
    {
      schema: {
        tags: ['deployments'],
        summary: 'How delta artifacts are made: never, so there is nothing to say',
        response: { 200: Type.Object({}), ...refusals(401) },
      },
    },
    async () => ({}),
  )
}

/** Without a schema: they are not part of the API. */
export const directUploadRoutes: Routes = (http) => {
  for (const url of ['/artifacts/directupload', '/artifacts/directupload/:id/complete'])
    http.post(url, { config: { permission: 'upload' }, onRequest: refuseDirectUpload }, async () => undefined)
}

const refuseDirectUpload = async () => {
  throw noDirectUpload()
}

/** Addresses change at once, without a mail to confirm them. */
export const emailChangeRoutes: Routes = (http) => {
  http.get(
    '/users/me/email-change/pending',
    {
      schema: {
        ...{ tags: ['useradm'], summary: 'A new email address that waits to be confirmed: none' },
        response: { 204: nothing('None') },
      },
    },
    async (_request, reply) => reply.code(204).send(),
  )
}

export const integrationRoutes: Routes = (http) => {
  http.get(
    '/integrations',
    {
      schema: {
        tags: ['integrations'],
        summary: 'Clouds that devices are shared with: none',
        response: { 200: Type.Array(Type.Object({})), ...refusals(401) },
      },
    },
    async () => [],
  )
}
