import { Type } from 'typebox'
import { ARTIFACT_LINKS } from '../artifacts/artifact-link.ts'
import { MENDER_ARTIFACT, OCTETS } from '../artifacts/file-headers.ts'
import { openDownload } from '../artifacts/open-download.ts'
import { nothing, ofType, refusals, withHeaders } from './document/responses.ts'
import type { Routes } from './http.ts'
import { sendPaced } from './send-paced.ts'

const Params = Type.Object({
  tenant_id: Type.String({ description: 'ID of the tenant' }),
  id: Type.String({ description: 'ID of the artifact' }),
  file: Type.String({ description: 'Name of the downloaded file' }),
})
const Query = Type.Object({
  expire: Type.Optional(Type.String({ description: 'Required: end of the validity, in Unix seconds' })),
  signature: Type.Optional(Type.String({ description: 'Required: signature of the link' })),
  rate: Type.Optional(Type.String({ description: 'Of some links: with which others the download shares its rate' })),
})

const FILE_HEADERS = ['etag', 'content-disposition', 'content-length', 'accept-ranges'] as const

/** The files, behind signed links: a client that has the link needs no login. */
export const downloadRoutes: Routes = (http, env) => {
  const schema = {
    ...{ tags: ['artifacts'], operationId: 'getArtifactFile', summary: 'Download the file of an artifact' },
    description:
      'The address is that of a link: from `getDownloadLink`, or from the offer of a deployment to a device.',
    security: [],
    params: Params,
    querystring: Query,
    response: {
      200: ofType<Buffer>([MENDER_ARTIFACT, OCTETS], 'The whole file', ...FILE_HEADERS),
      206: ofType<Buffer>(
        [MENDER_ARTIFACT, OCTETS, 'multipart/byteranges'],
        'The requested ranges: one as it is, several as the parts of a body',
        ...[...FILE_HEADERS, 'content-range' as const],
      ),
      ...refusals(403, 404),
      416: withHeaders(refusals(416)[416] ?? nothing(), 'content-range'),
    },
  }
  http.route({
    method: ['HEAD', 'GET'],
    url: `${ARTIFACT_LINKS}/:tenant_id/:id/:file`,
    schema,
    handler: async ({ params, query, raw, headers }, reply) => {
      const { expire = '', signature = '', rate: rate_key } = query
      const file = await openDownload(env, { ...params, expire, signature, rate_key })
      const sending = { request: { method: raw.method, headers }, reply, file }
      return sendPaced(env, sending, { tenant_id: params.tenant_id, key: rate_key ?? '' })
    },
  })
}
