import type { Actor } from '../auth/actor.ts'
import type { Env } from '../env.ts'
import { releaseNotFound } from '../errors.ts'
import { changeRelease } from './change-release.ts'

/** Changes the notes on a release. */
export const describeRelease = (env: Env, actor: Actor, { name, notes }: { name: string; notes: string }) =>
  env.db.transaction(async (tx) => {
    const described = await changeRelease(tx, actor, { name, at: env.now(), column: 'notes', value: notes })
    if (!described) throw releaseNotFound()
  })
