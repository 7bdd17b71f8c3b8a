import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { idOf, readCursor } from '../../deployments/cursor.ts'
import type { Changes } from '../../deployments/views/find-changes.ts'
import { followDeployments } from '../../deployments/views/follow-deployments.ts'
import type { Env } from '../../env.ts'
import { tooManyStreams } from '../../errors.ts'
import { isStillAuthorized } from '../authenticate.ts'
import { EVENT_STREAM_HEADERS, EventStream, type Frame, frame } from '../bodies/event-stream.ts'
import { ofType, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'

/** Per user and server. */
const MAX_STREAMS = 32
const RECHECK_MS = 3000
/** A stream without changes still sends how recent its state is, this often. */
const SYNC_MS = 5000

const READS = 'read_deployments'

const schema = {
  ...{ tags: ['deployments'], operationId: 'followDeployments' },
  summary: 'Follow deployments as server-sent events',
  description: `The response stays open and has these events:

- \`deployment\`: a deployment as lists have it, whenever something about it has changed.
- \`sync\`: nothing is missing up to \`time\`. Its ID is the point from which to go on, as \`Last-Event-ID\`.
- \`reset\`: what was sent before may be stale; the newest 500 unfinished deployments follow. Sent at the start, and if the ID is too old
or unknown.`,
  headers: Type.Object({
    'last-event-id': Type.Optional(Type.String({ description: 'ID of the last `sync` that was received' })),
  }),
  response: {
    200: ofType<EventStream>('text/event-stream', 'The events'),
    ...refusals(429),
  },
}

export const deploymentEventRoutes: Routes = (http, env) => {
  const streams = new Map<EventStream, string>()
  http.addHook('preClose', async () => {
    for (const stream of streams.keys()) stream.finish()
  })

  http.get('/events', { exposeHeadRoute: false, schema }, async (request, reply) => {
    const { tenant_id, user_id } = request.actor
    const user = `${tenant_id}/${user_id}`
    if ([...streams.values()].filter((one) => one === user).length >= MAX_STREAMS) throw tooManyStreams(MAX_STREAMS)
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
    const isChange = changes.reset !== undefined || changes.deployments.length > 0
    if (!isChange && time - synced < SYNC_MS) return
    synced = time
    stream.put(framesOf(changes), { anew: changes.reset !== undefined })
  }
  const leave = followDeployments(env, request.actor, { since: id === undefined ? undefined : readCursor(id), take })
  stream.once('close', leave)
  endWhenUnauthorized(env, request, stream)
  return stream
}

/** Ends the stream soon after the session has ended, the roles have changed or the tenant was suspended. */
function endWhenUnauthorized(env: Env, request: FastifyRequest, stream: EventStream) {
  const check = async () => {
    // If the database is away there are no changes to send either.
    const isAuthorized = await isStillAuthorized(env, request, READS).catch(() => true)
    if (stream.destroyed) return
    if (isAuthorized) timer = setTimeout(check, RECHECK_MS)
    else stream.finish()
  }
  let timer = setTimeout(check, RECHECK_MS)
  stream.once('close', () => clearTimeout(timer))
}

const cached = new WeakMap<Changes, Frame[]>()

/**
 * Serialized once for all streams that send the same changes. Only the last frame has an ID: a client that loses the
 * connection before it receives all frames again.
 */
function framesOf(changes: Changes): Frame[] {
  const { cursor, reset, deployments } = changes
  const frames = cached.get(changes) ?? [
    ...(reset ? [frame('reset', reset)] : []),
    ...deployments.map((deployment) => frame('deployment', deployment, { key: deployment.id })),
    frame('sync', { time: cursor.time }, { id: idOf(cursor) }),
  ]
  cached.set(changes, frames)
  return frames
}
