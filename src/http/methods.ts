import type { FastifyInstance } from 'fastify'
import findMyWay, { type HTTPMethod } from 'find-my-way'
import { Refusal } from '../errors.ts'
import { sendRefusal } from './error-handler.ts'

type Known = { methods: Set<string> }

/** A known path answers OPTIONS with 200 and any other unknown method with 405, both with `Allow`; the rest is 404. */
export function answerUnknownRoutes(http: FastifyInstance) {
  const paths = findMyWay({ ignoreTrailingSlash: false })
  http.addHook('onRoute', ({ url, method }) => {
    const route = paths.findRoute('GET', url)
    const known = (route?.store ?? { methods: new Set(['OPTIONS']) }) as Known
    for (const one of [method].flat()) known.methods.add(one)
    if (!route) paths.on('GET', url, () => {}, known)
  })
  http.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const known = paths.find('GET' as HTTPMethod, path)?.store as Known | undefined
    const isOffered = request.method !== 'OPTIONS' && known?.methods.has(request.method)
    if (!known || isOffered) return sendRefusal(request, reply, new Refusal(404, 'not found'))
    reply.header('allow', [...known.methods].sort().join(', '))
    if (request.method === 'OPTIONS') return reply.code(200).send()
    return sendRefusal(request, reply, new Refusal(405, 'method not allowed'))
  })
}
