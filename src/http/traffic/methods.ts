import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import findMyWay, { type HTTPMethod } from 'find-my-way'
import { addressNotFound, methodNotAllowed } from '../../errors.ts'
import { sendRefusal } from '../error-handler.ts'

type KnownPath = { methods: Set<string> }

/**
 * Answers OPTIONS of a known path with 200 and an unsupported method with 405, both with `Allow`, and an unknown path
 * with 404. Returns a function that returns the value of `Allow` for a path; undefined if the path is unknown.
 */
export function answerUnknownRoutes(http: FastifyInstance): (path: string) => string | undefined {
  const paths = findMyWay({ ignoreTrailingSlash: false })
  http.addHook('onRoute', ({ url, method }) => {
    const route = paths.findRoute('GET', url)
    const known = (route?.store ?? { methods: new Set(['OPTIONS']) }) as KnownPath
    for (const one of [method].flat()) known.methods.add(one)
    if (!route) paths.on('GET', url, () => {}, known)
  })
  const find = (path: string) => paths.find('GET' as HTTPMethod, path)?.store as KnownPath | undefined
  const allow = ({ methods }: KnownPath) => [...methods].sort().join(', ')
  const answer = (request: FastifyRequest, reply: FastifyReply) => {
    const known = find(request.url.split('?')[0] ?? '')
    const isSupported = request.method !== 'OPTIONS' && known?.methods.has(request.method)
    if (!known || isSupported) return sendRefusal(request, reply, addressNotFound())
    reply.header('allow', allow(known))
    if (request.method === 'OPTIONS') return reply.code(200).send()
    return sendRefusal(request, reply, methodNotAllowed())
  }
  http.setNotFoundHandler(answer)
  // Before the body is read: an error in it does not matter if no route accepts it.
  http.addHook('onRequest', (request, reply, done) => {
    if (request.is404) return void answer(request, reply)
    done()
  })
  return (path) => {
    const known = find(path)
    return known && allow(known)
  }
}
