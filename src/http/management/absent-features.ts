import { Type } from 'typebox'
import { noTerminal } from '../../addon-errors.ts'
import { noDirectUpload } from '../../errors.ts'
import { nothing } from '../document/responses.ts'
import type { Routes } from '../http.ts'

/** Mender's web GUI sends these requests at every start and shows an error without a response. Muster has no deltas. */
export const deltaConfigRoutes: Routes = (http) => {
  http.get(
    '/config',
    {
      schema: {
        ...{ tags: ['deployments'], operationId: 'getDeltaConfiguration' },
        summary: 'Get the configuration of delta artifacts: always empty',
        response: { 200: Type.Object({}) },
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

/** Addresses change at once, without an e-mail to confirm them. */
export const emailChangeRoutes: Routes = (http) => {
  http.get(
    '/users/me/email-change/pending',
    {
      schema: {
        ...{ tags: ['useradm'], operationId: 'getPendingEmailChange' },
        summary: 'Get the e-mail address that waits to be confirmed: never any',
        response: { 204: nothing('None') },
      },
    },
    async (_request, reply) => reply.code(204).send(),
  )
}

/**
 * Without a schema: they are not part of the API. mender-connect takes any response but 101 as a failure, and tries again
 * after 1 s, then ever more rarely, down to every 30 minutes.
 */
export const terminalRoutes: Routes = (http) => {
  for (const api of ['devices/v1', 'management/v1', 'management/v2'])
    http.all(`/api/${api}/deviceconnect/*`, { onRequest: refuseTerminal }, async () => undefined)
}

const refuseTerminal = async () => {
  throw noTerminal()
}
