import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PACKAGE_DIR } from '../package-dir.ts'
import { PAGES } from './pages.ts'

/** The output of `npm run build` for web/. */
const BUILT = join(PACKAGE_DIR, 'dist', 'web')
const INDEX = join(BUILT, 'index.html')
const NONCE = /__CSP_NONCE__/g
const BASE = '__BASE__'
const YEAR_MS = 365 * 24 * 60 * 60 * 1000

/** Serves the web UI. If it was not built, its address leads to the page of the API. */
export async function serveWebUi(http: FastifyInstance): Promise<void> {
  if (!existsSync(INDEX)) {
    http.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/api/docs'))
    return
  }
  const page = readFileSync(INDEX, 'utf8')
  const handler = async ({ url }: FastifyRequest, reply: FastifyReply) =>
    sendPage(reply, page.replace(BASE, baseOf(url)))
  for (const path of PAGES) {
    http.get(path, { schema: { hide: true } }, handler)
    if (path !== '/') http.get(`${path}/*`, { schema: { hide: true } }, handler)
  }
  await http.register(fastifyStatic, {
    ...{ root: join(BUILT, 'assets'), prefix: '/assets/', index: false, preCompressed: true, schemaHide: true },
    // A file's name changes with its content.
    ...{ maxAge: YEAR_MS, immutable: true },
    setHeaders: (reply) => {
      reply.header('x-content-type-options', 'nosniff')
    },
  })
}

/** The relative path from a page to the root, which is below another path if a proxy removes one. */
const baseOf = (url: string): string => '../'.repeat((url.split('?')[0] ?? '').split('/').length - 2) || './'

function sendPage(reply: FastifyReply, page: string) {
  const nonce = randomBytes(16).toString('base64')
  return reply
    .headers({ ...PAGE_HEADERS, 'content-security-policy': policy(nonce) })
    .type('text/html; charset=utf-8')
    .send(page.replace(NONCE, nonce))
}

const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

/** Scripts and styles are files of this server or have the nonce; the browser fetches nothing from elsewhere. */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    ...["img-src 'self' data:", "font-src 'self'", "connect-src 'self'", "manifest-src 'self'"],
    ...["base-uri 'self'", "form-action 'self'", "frame-ancestors 'none'"],
  ].join('; ')
