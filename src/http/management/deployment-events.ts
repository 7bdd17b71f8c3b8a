import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { perObject } from '../../db/memory/per-object.ts'
import { idOf, readCursor } from '../../deployments/cursor.ts'
import type { Changes } from '../../deployments/views/find-changes.ts'
import { followDeployments } from '../../deployments/views/follow-deployments.ts'
import type { Env } from '../../env.ts'
import { tooMany } from '../../errors.ts'
import { isStillAuthorized } from '../authenticate.ts'
import { EVENT_STREAM_HEADERS, EventStream, type Frame, frame } from '../bodies/event-stream.ts'
import type { Routes } from '../http.ts'
import { ofType, refusals } from '../responses.ts'

/** Of one user on one server. */
const MOST_STREAMS = 32
const RECHECK_MS = 3000
/** The longest silence about how old the news is. */
const SYNC_MS = 5000

const READS = 'read_deployments'

const schema = {
  tags: ['deployments'],
  summary: 'Deployments as they change, as server-sent events',
  description: `Stays open. \`deployment\`: one deployment as the list gives it, whenever anything about it has changed. \`sync\`: until
\`time\` nothing is missing; its id is what to go on from, as \`Last-Event-ID\`. \`reset\`: what was known may be stale; the unfinished
deployments follow, the newest 500. At the start, and where the id is of no use.`,
  headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ description: 'Of the last `sync` seen' })) }),
  response: {
    200: ofType<EventStream>('text/event-stream', 'Events, as they happen'),
    ...refusals(401, 403, 429),
  },
}

/** What happens to deployments, while it happens. */
export const deploymentEventRoutes: Routes = (http, env) => {
  const streams = new Map<EventStream, string>()
  http.addHook('preClose', async () => {
    for (const stream of streams.keys()) stream.finish()
  })

  http.get('/events', { exposeHeadRoute: false, schema }, async (request, reply) => {
    const { tenant_id, user_id } = request.actor
    const user = `${tenant_id}/${user_id}`
    if ([...streams.values()].filter((one) => one === user).length >= MOST_STREAMS)
      throw tooMany(`You have ${MOST_STREAMS} event streams open: close some first.`)
    const stream = openStream(env, request, request.headers['last-event-id'])
    streams.set(stream, user)
    stream.once('close', () => streams.delete(stream))
    return reply.headers(EVENT_STREAM_HEADERS).send(stream)
  })
}

function openStream(env: Env, request: FastifyRequest, id: string | undefined): EventStream {
  const stream = new EventStream()
  let synced = 0
  const take = (changes: Changes) => {
    const time = Date.parse(changes.cursor.time)
    const isNews = changes.reset !== undefined || changes.deployments.length > 0
    if (!isNews && time - synced < SYNC_MS) return
    synced = time
    stream.put(framesOf(changes), { reset: changes.reset !== undefined })
  }
  const leave = followDeployments(env, request.actor, { since: id === undefined ? undefined : readCursor(id), take })
  stream.once('close', leave)
  endWhenUnwelcome(env, request, stream)
  return stream
}

/** A session that ended, a role that changed, a tenant that was suspended: as for any other request, if a little later. */
function endWhenUnwelcome(env: Env, request: FastifyRequest, stream: EventStream) {
  const check = async () => {
    // While the database is away there is no news either.
    const isWelcome = await isStillAuthorized(env, request, READS).catch(() => true)
    if (stream.destroyed) return
    if (isWelcome) timer = setTimeout(check, RECHECK_MS)
    else stream.finish()
  }
  let timer = setTimeout(check, RECHECK_MS)
  stream.once('close', () => clearTimeout(timer))
}

/** Written once for all who are given the same. Only the last of them has the id: whoever is cut off before gets all again. */
const framesOf = perObject(({ cursor, reset, deployments }: Changes): Frame[] => [
  ...(reset ? [frame('reset', reset)] : []),
  ...deployments.map((deployment) => frame('deployment', deployment, { key: deployment.id })),
  frame('sync', { time: cursor.time }, { id: idOf(cursor) }),
])
