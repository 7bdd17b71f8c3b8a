import { type AttributeName, coversReferenced, mergeReferenced } from '../inventory/filters/referenced-attributes.ts'

/** What a poll has to read of its device because of the active deployments. Most of it is of few deployments. */
export type PollNeeds = {
  /** The attributes that their filters reference. */
  referenced: readonly AttributeName[]
  /** The deployments that rollbacks roll back. */
  rolled_back: readonly string[]
  /** Whether a deployment names its devices. */
  names: boolean
  /** Whether a deployment lists its devices by their membership. */
  lists: boolean
  /** Whether a deployment has rules: by them successes may have to be confirmed. */
  has_rules: boolean
}

/** If nothing is known of the deployments. */
export const UNKNOWN_NEEDS: PollNeeds = {
  ...{ referenced: [], rolled_back: [] },
  ...{ names: true, lists: true, has_rules: true },
}

/** What several polls have to read. */
export function mergeNeeds(polls: readonly PollNeeds[]): PollNeeds {
  const different = [...new Set(polls)]
  const [only] = different
  if (different.length === 1 && only) return { ...only, referenced: mergeReferenced([only.referenced]) }
  return {
    referenced: mergeReferenced(different.map(({ referenced }) => referenced)),
    rolled_back: [...new Set(different.flatMap(({ rolled_back }) => rolled_back))],
    names: different.some(({ names }) => names),
    lists: different.some(({ lists }) => lists),
    has_rules: different.some(({ has_rules }) => has_rules),
  }
}

/** Whether what was read includes all that is needed. */
export const coversNeeds = (read: PollNeeds, needed: PollNeeds): boolean =>
  read === needed ||
  (coversReferenced(read.referenced, needed.referenced) &&
    needed.rolled_back.every((id) => read.rolled_back.includes(id)) &&
    (read.names || !needed.names) &&
    (read.lists || !needed.lists) &&
    (read.has_rules || !needed.has_rules))
