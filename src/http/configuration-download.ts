import { Type } from 'typebox'
import { CONFIGURATION_LINKS } from '../artifacts/configuration-link.ts'
import { MENDER_ARTIFACT } from '../artifacts/file-headers.ts'
import { openConfiguration } from '../deviceconfig/device/open-configuration.ts'
import { nothing, ofType, refusals, withHeaders } from './document/responses.ts'
import type { Routes } from './http.ts'
import { sendFile } from './send-file.ts'

const Params = Type.Object({
  deployment_id: Type.String({ description: 'ID of the deployment' }),
  device_type: Type.String({ description: 'Type of the device' }),
  device_id: Type.String({ description: 'ID of the device' }),
})
const Query = Type.Object({
  'x-men-expire': Type.Optional(Type.String({ description: 'Required: end of the validity' })),
  'x-men-signature': Type.Optional(Type.String({ description: 'Required: signature of the link' })),
  tenant_id: Type.Optional(Type.String({ description: 'Required: ID of the tenant' })),
})

const FILE_HEADERS = ['etag', 'content-disposition', 'content-length', 'accept-ranges'] as const

/** The artifacts of configurations, behind signed links: a client that has the link needs no login. */
export const configurationDownloadRoutes: Routes = (http, env) => {
  http.route({
    method: ['HEAD', 'GET'],
    url: `${CONFIGURATION_LINKS}/:deployment_id/:device_type/:device_id`,
    schema: {
      ...{ tags: ['artifacts'], operationId: 'getConfigurationArtifact' },
      summary: 'Download the artifact of a configuration',
      description: 'The address is that of a link from the offer of a deployment to a device.',
      ...{ security: [], params: Params, querystring: Query },
      response: {
        200: ofType<Buffer>([MENDER_ARTIFACT], 'The whole file', ...FILE_HEADERS),
        206: ofType<Buffer>(
          [MENDER_ARTIFACT, 'multipart/byteranges'],
          'The requested ranges: one as it is, several as the parts of a body',
          ...[...FILE_HEADERS, 'content-range' as const],
        ),
        ...refusals(403, 404),
        416: withHeaders(refusals(416)[416] ?? nothing(), 'content-range'),
      },
    },
    handler: async ({ params, query, raw, headers }, reply) => {
      const { 'x-men-expire': expire = '', 'x-men-signature': signature = '', tenant_id = '' } = query
      const file = await openConfiguration(env, { ...params, tenant_id, expire, signature })
      return sendFile({ request: { method: raw.method, headers }, reply, file })
    },
  })
}
