import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import findMyWay, { type HTTPMethod } from 'find-my-way'
import { addressNotFound, methodNotAllowed } from '../../errors.ts'
import { sendRefusal } from '../error-handler.ts'

type Known = { methods: Set<string> }

/**
 * A known path answers OPTIONS with 200 and any other unknown method with 405, both with `Allow`; the rest is 404.
 * Returns what `Allow` says of a path; undefined where there is none.
 */
export function answerUnknownRoutes(http: FastifyInstance): (path: string) => string | undefined {
  const paths = findMyWay({ ignoreTrailingSlash: false })
  http.addHook('onRoute', ({ url, method }) => {
    const route = paths.findRoute('GET', url)
    const known = (route?.store ?? { methods: new Set(['OPTIONS']) }) as Known
    for (const one of [method].flat()) known.methods.add(one)
    if (!route) paths.on('GET', url, () => {}, known)
  })
  const find = (path: string) => paths.find('GET' as HTTPMethod, path)?.store as Known | undefined
  const allow = ({ methods }: Known) => [...methods].sort().join(', ')
  const answer = (request: FastifyRequest, reply: FastifyReply) => {
    const known = find(request.url.split('?')[0] ?? '')
    const isOffered = request.method !== 'OPTIONS' && known?.methods.has(request.method)
    if (!known || isOffered) return sendRefusal(request, reply, addressNotFound())
    reply.header('allow', allow(known))
    if (request.method === 'OPTIONS') return reply.code(200).send()
    return sendRefusal(request, reply, methodNotAllowed())
  }
  http.setNotFoundHandler(answer)
  // Before the body is looked at: what is wrong with it does not matter where nothing takes it.
  http.addHook('onRequest', (request, reply, done) => {
    if (request.is404) return void answer(request, reply)
    done()
  })
  return (path) => {
    const known = find(path)
    return known && allow(known)
  }
}
