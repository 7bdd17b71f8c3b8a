import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { badRequest } from '../errors.ts'

const DEFAULT_PER_PAGE = 20
const MOST_PER_PAGE = 500

type Limits = { per_page?: number; most?: number }

/** Text, because the refusals quote what was given; the OpenAPI document says what it stands for. */
const integer = (description: string, limits: object) =>
  Type.Optional(Type.String({ description, ...{ 'x-integer': { minimum: 1, ...limits } } }))

/** Query members of a paged list. */
export const pagingQuery = ({ per_page = DEFAULT_PER_PAGE, most = MOST_PER_PAGE }: Limits = {}) => ({
  page: integer('Page, from 1', { default: 1 }),
  per_page: integer(`Rows a page, at most ${most}`, { maximum: most, default: per_page }),
})

export const PagingQuery = pagingQuery()

export type Page = { page: number; per_page: number; offset: number }

export function readPage(
  query: { page?: string; per_page?: string },
  { per_page: usual = DEFAULT_PER_PAGE, most = MOST_PER_PAGE }: Limits = {},
): Page {
  const page = positive('page', query.page ?? '1')
  const per_page = positive('per_page', query.per_page ?? String(usual))
  if (per_page > most) throw badRequest(`parameter "per_page" above limit (max: ${most})`)
  const offset = (page - 1) * per_page
  if (!Number.isSafeInteger(offset)) throw badRequest(`invalid page query: "${query.page}"`)
  return { page, per_page, offset }
}

function positive(name: string, text: string): number {
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) throw badRequest(`invalid ${name} query: "${text}"`)
  if (Number(text) < 1) throw badRequest(`invalid ${name} query: value must be a non-zero positive integer`)
  return Number(text)
}

/** Four of them are what proxies and clients still take: a longer query is too long to be repeated in headers. */
const LONGEST_LINK = 2000

/** Sets `Link` (a header line per relation) and, where the total is known, `X-Total-Count`. */
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
    links.filter(({ length }) => length <= LONGEST_LINK),
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
