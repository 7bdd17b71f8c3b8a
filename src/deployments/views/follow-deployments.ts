import type { Asker } from '../../auth/devices/visible-devices.ts'
import { perEnv } from '../../db/memory/per-object.ts'
import { type Env, nowText } from '../../env.ts'
import { type Cursor, idOf } from '../cursor.ts'
import { type Changes, findChanges } from './find-changes.ts'

const TICK_MS = 500

type Follower = {
  since: Cursor | undefined
  /** Of all followers alike: the same object, to be left as it is. */
  take: (changes: Changes) => void
}
type Join = (follower: Follower) => () => void

const readers = perEnv(() => new Map<string, Join>())

/**
 * Gives `take` what has changed since a cursor, or else what is unfinished, and from then on every look at the database,
 * until the answer is called. Whoever sees the same deployments shares one reader, which looks only while somebody follows.
 */
export function followDeployments(env: Env, asker: Asker, follower: Follower): () => void {
  const all = readers(env)
  const key = JSON.stringify([asker.tenant_id, asker.scope.groups])
  const join = all.get(key) ?? openReader(env, asker, () => all.delete(key))
  all.set(key, join)
  return join(follower)
}

/** Looks one after the other, so that no follower is given a deployment as it was earlier. Closes when nobody follows. */
function openReader(env: Env, asker: Asker, close: () => void): Join {
  const waiting = new Set<Follower>()
  const following = new Set<Follower>()
  let reached: Cursor | undefined
  let timer: NodeJS.Timeout | undefined
  let looking = false

  const find = (since: Cursor | undefined) => findChanges(env.db, asker, nowText(env), since)
  const advance = async () => {
    if (following.size === 0) reached = undefined
    if (!reached) return
    const changes = await find(reached)
    reached = changes.cursor
    for (const { take } of following) take(changes)
  }
  const welcome = async () => {
    for (const alike of bySince(waiting)) {
      const changes = await find(alike[0]?.since)
      reached ??= changes.cursor
      for (const follower of alike) {
        if (!waiting.delete(follower)) continue
        following.add(follower)
        follower.take(changes)
      }
    }
  }
  const look = async () => {
    looking = true
    try {
      await advance()
      await welcome()
    } catch (error) {
      env.log.warn({ err: error, tenant_id: asker.tenant_id }, 'could not look for changed deployments')
    }
    looking = false
    if (waiting.size + following.size === 0) close()
    else timer = setTimeout(look, TICK_MS)
  }
  return (follower) => {
    waiting.add(follower)
    clearTimeout(timer)
    if (!looking) void look()
    return () => {
      waiting.delete(follower)
      following.delete(follower)
    }
  }
}

/** Those that go on from the same cursor, as after a server's restart, are given the same. */
function bySince(followers: Iterable<Follower>): Follower[][] {
  const alike = new Map<string, Follower[]>()
  for (const follower of followers) {
    const key = follower.since ? idOf(follower.since) : ''
    alike.set(key, [...(alike.get(key) ?? []), follower])
  }
  return [...alike.values()]
}
