import type { Action } from './bulk.ts'

type Words = { verb: string; done: string; means: string; color?: string }

/** What each action is called, and what it means for the devices. */
export const WORDS: Record<Action, Words> = {
  accept: {
    ...{ verb: 'Accept', done: 'accepted' },
    means: 'Their current keys are trusted, and they take part in deployments from their next request.',
  },
  reject: {
    ...{ verb: 'Reject', done: 'rejected', color: 'red' },
    means:
      'They lose access immediately and receive no more updates. Their installed software does not change. You can accept them again later.',
  },
  decommission: {
    ...{ verb: 'Decommission', done: 'decommissioned', color: 'red' },
    means:
      'Their keys, attributes, tags and pending updates are permanently deleted, and running deployments count them as decommissioned. A device that connects again appears as a new device.',
  },
  group: {
    ...{ verb: 'Add to group', done: 'added to group' },
    means: 'A device is in at most one group, so it leaves its current group. Running deployments do not change.',
  },
}
