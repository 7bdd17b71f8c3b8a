import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { ARTIFACT_LINKS } from '../artifacts/artifact-link.ts'
import { fileHeaders } from '../artifacts/file-headers.ts'
import { openDownload } from '../artifacts/open-download.ts'
import type { Env } from '../env.ts'
import { Refusal } from '../refusal.ts'
import { nothing, ofType, refusals, withHeaders } from './document/responses.ts'
import type { Routes } from './http.ts'
import { type Range, readRange } from './range.ts'

const Params = Type.Object({
  tenant_id: Type.String({ description: 'ID of the tenant' }),
  id: Type.String({ description: 'ID of the artifact' }),
  file: Type.String({ description: 'Name of the downloaded file' }),
})
const Query = Type.Object({
  expire: Type.Optional(Type.String({ description: 'Required: end of the validity, in Unix seconds' })),
  signature: Type.Optional(Type.String({ description: 'Required: signature of the link' })),
})

const ARTIFACT = 'application/vnd.mender-artifact'
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
      200: ofType<Buffer>(ARTIFACT, 'The whole file', ...FILE_HEADERS),
      206: ofType<Buffer>(ARTIFACT, 'The requested range', ...FILE_HEADERS, 'content-range'),
      ...refusals(403, 404),
      416: withHeaders(refusals(416)[416] ?? nothing(), 'content-range'),
    },
  }
  http.route({
    method: ['HEAD', 'GET'],
    url: `${ARTIFACT_LINKS}/:tenant_id/:id/:file`,
    schema,
    handler: ({ params, query, raw, headers }, reply) =>
      send(env, { ...params, ...query, method: raw.method, headers }, reply),
  })
}

type Download = Static<typeof Params> &
  Static<typeof Query> &
  Pick<FastifyRequest, 'headers'> & { method: string | undefined }

async function send(env: Env, download: Download, reply: FastifyReply) {
  const { tenant_id, id, expire = '', signature = '', headers } = download
  const file = await openDownload(env, { tenant_id, id, expire, signature })
  const etag = `"${file.version}"`
  const range = isSame(headers['if-range'], etag) ? rangeOf(headers.range, file.size, reply) : undefined
  const { start, end } = range ?? { start: 0, end: file.size - 1 }
  const content = download.method === 'HEAD' ? undefined : await file.read({ start, end })
  // Clients insist on the length; it also keeps the response from being chunked.
  reply.headers({
    ...fileHeaders(file.name),
    'content-length': String(end - start + 1),
    'accept-ranges': 'bytes',
    etag,
  })
  if (range) reply.code(206).header('content-range', `bytes ${start}-${end}/${file.size}`)
  return reply.send(content)
}

const isSame = (ifRange: string | string[] | undefined, etag: string): boolean =>
  ifRange === undefined || ifRange === etag

function rangeOf(header: string | undefined, size: number, reply: FastifyReply): Range | undefined {
  try {
    return readRange(header, size)
  } catch (error) {
    if (error instanceof Refusal) reply.header('content-range', `bytes */${size}`)
    throw error
  }
}
