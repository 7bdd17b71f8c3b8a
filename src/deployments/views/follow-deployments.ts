import type { Viewer } from '../../auth/devices/visible-devices.ts'
import { perEnv } from '../../db/memory/per-object.ts'
import { type Env, nowText } from '../../env.ts'
import { type Cursor, idOf } from '../cursor.ts'
import { type Changes, findChanges } from './find-changes.ts'

const READ_INTERVAL_MS = 500

type Follower = {
  since: Cursor | undefined
  /** Receives changes. All followers get the same object, which must not be modified. */
  take: (changes: Changes) => void
}
type Join = (follower: Follower) => () => void

const readers = perEnv(() => new Map<string, Join>())

/**
 * Passes to `take` what has changed since the cursor, or without one the unfinished deployments, and from then on each
 * further change. Returns a function that stops it. Askers that may see the same deployments share one reader, which
 * reads only while it has followers.
 */
export function followDeployments(env: Env, viewer: Viewer, follower: Follower): () => void {
  const all = readers(env)
  const key = JSON.stringify([viewer.tenant_id, viewer.scope.groups])
  const join = all.get(key) ?? openReader(env, viewer, () => all.delete(key))
  all.set(key, join)
  return join(follower)
}

/** Reads sequentially, so that no follower receives an earlier state of a deployment. Closes without followers. */
function openReader(env: Env, viewer: Viewer, close: () => void): Join {
  const joining = new Set<Follower>()
  const following = new Set<Follower>()
  let reached: Cursor | undefined
  let timer: NodeJS.Timeout | undefined
  let is_reading = false

  const find = (since: Cursor | undefined) => findChanges(env.db, viewer, nowText(env), since)
  const advance = async () => {
    if (following.size === 0) reached = undefined
    if (!reached) return
    const changes = await find(reached)
    reached = changes.cursor
    for (const { take } of following) take(changes)
  }
  const admit = async () => {
    for (const followers of bySince(joining)) {
      const changes = await find(followers[0]?.since)
      reached ??= changes.cursor
      for (const follower of followers) {
        if (!joining.delete(follower)) continue
        following.add(follower)
        follower.take(changes)
      }
    }
  }
  const read = async () => {
    is_reading = true
    try {
      await advance()
      await admit()
    } catch (error) {
      env.log.warn({ err: error, tenant_id: viewer.tenant_id }, 'could not read the changed deployments')
    }
    is_reading = false
    if (joining.size + following.size === 0) close()
    else timer = setTimeout(read, READ_INTERVAL_MS)
  }
  return (follower) => {
    joining.add(follower)
    clearTimeout(timer)
    if (!is_reading) void read()
    return () => {
      joining.delete(follower)
      following.delete(follower)
    }
  }
}

/** Followers that continue from the same cursor, as after a restart of the server, share one read. */
function bySince(followers: Iterable<Follower>): Follower[][] {
  const groups = new Map<string, Follower[]>()
  for (const follower of followers) {
    const key = follower.since ? idOf(follower.since) : ''
    groups.set(key, [...(groups.get(key) ?? []), follower])
  }
  return [...groups.values()]
}
