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

const Params = Type.Object({ tenant_id: Type.String(), id: Type.String(), file: Type.String() })
const Query = Type.Object({ expire: Type.Optional(Type.String()), signature: Type.Optional(Type.String()) })

const ARTIFACT = 'application/vnd.mender-artifact'
const OF_FILE = ['etag', 'content-disposition', 'content-length', 'accept-ranges'] as const

/** The files themselves, behind signed links: who has the link needs no login. */
export const downloadRoutes: Routes = (http, env) => {
  const schema = {
    tags: ['artifacts'],
    summary: 'An artifact file, or a range of it; the link comes from a deployment or from artifacts/{id}/download',
    security: [],
    params: Params,
    querystring: Query,
    response: {
      200: ofType<Buffer>(ARTIFACT, 'The whole file', ...OF_FILE),
      206: ofType<Buffer>(ARTIFACT, 'The range', ...OF_FILE, 'content-range'),
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

type Asked = Static<typeof Params> &
  Static<typeof Query> &
  Pick<FastifyRequest, 'headers'> & { method: string | undefined }

async function send(env: Env, asked: Asked, reply: FastifyReply) {
  const { tenant_id, id, expire = '', signature = '', headers } = asked
  const file = await openDownload(env, { tenant_id, id, expire, signature })
  const etag = `"${file.version}"`
  const range = isSame(headers['if-range'], etag) ? rangeOf(headers.range, file.size, reply) : undefined
  const { start, end } = range ?? { start: 0, end: file.size - 1 }
  const content = asked.method === 'HEAD' ? undefined : await file.read({ start, end })
  // The length always, which clients insist on: it also keeps the answer from being chunked.
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
