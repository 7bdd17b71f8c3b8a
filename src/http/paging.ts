import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { badRequest } from '../errors.ts'

const DEFAULT_PER_PAGE = 20
const MAX_PER_PAGE = 500

type Limits = { per_page?: number; most?: number }

/** Validated as a text, because refusals quote it; in the OpenAPI document it is an integer. */
const integer = (description: string, limits: object) =>
  Type.Optional(Type.String({ description, ...{ 'x-integer': { minimum: 1, ...limits } } }))

/** The query parameters of a paged list. */
export const pagingQuery = ({ per_page = DEFAULT_PER_PAGE, most = MAX_PER_PAGE }: Limits = {}) => ({
  page: integer('Number of the page, from 1', { default: 1 }),
  per_page: integer(`Rows per page, at most ${most}`, { maximum: most, default: per_page }),
})

/** The same in the body of a search. */
export const BodyPaging = {
  page: Type.Optional(Type.Integer({ description: 'Number of the page, from 1; by default 1' })),
  per_page: Type.Optional(
    Type.Integer({ description: `Rows per page, at most ${MAX_PER_PAGE}; by default ${DEFAULT_PER_PAGE}` }),
  ),
}

export const PagingQuery = pagingQuery()

export type Page = { page: number; per_page: number; offset: number }

export function readPage(
  query: { page?: string; per_page?: string },
  { per_page: byDefault = DEFAULT_PER_PAGE, most = MAX_PER_PAGE }: Limits = {},
): Page {
  const page = positive('page', query.page ?? '1')
  const per_page = positive('per_page', query.per_page ?? String(byDefault))
  if (per_page > most) throw badRequest(`parameter "per_page" above limit (max: ${most})`)
  const offset = (page - 1) * per_page
  if (!Number.isSafeInteger(offset)) throw badRequest(`invalid page query: "${query.page}"`)
  return { page, per_page, offset }
}

/** Clients that are written in Go send 0 for a number that is not given. */
export const readBodyPage = ({ page, per_page }: { page?: number | undefined; per_page?: number | undefined }): Page =>
  readPage({ page: String(page || 1), per_page: String(per_page || DEFAULT_PER_PAGE) })

function positive(name: string, text: string): number {
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) throw badRequest(`invalid ${name} query: "${text}"`)
  if (Number(text) < 1) throw badRequest(`invalid ${name} query: value must be a non-zero positive integer`)
  return Number(text)
}

/** Proxies and clients accept headers with four links of this length: a longer query is too long to be repeated. */
const MAX_LINK_LENGTH = 2000

/** Sets `Link` (a header line per relation) and, if the total is known, `X-Total-Count`. */
export function sendPageHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  { page, per_page }: Page,
  found: { total: number } | { more: boolean },
) {
  const total = 'total' in found ? found.total : undefined
  const more = 'more' in found ? found.more : page * per_page < found.total
  const link = (to: number, rel: string) => `<${withPage(request.url, to, per_page)}>; rel="${rel}"`
  const links = [link(1, 'first')]
  if (page > 1) links.push(link(page - 1, 'prev'))
  if (more) links.push(link(page + 1, 'next'))
  if (total !== undefined) {
    links.push(link(Math.max(1, Math.ceil(total / per_page)), 'last'))
    reply.header('x-total-count', String(total))
  }
  reply.header(
    'link',
    links.filter(({ length }) => length <= MAX_LINK_LENGTH),
  )
}

function withPage(url: string, page: number, per_page: number): string {
  const [path, ...query] = url.split('?')
  const parameters = new URLSearchParams(query.join('?'))
  parameters.set('page', String(page))
  parameters.set('per_page', String(per_page))
  parameters.sort()
  return `${path}?${parameters}`
}
