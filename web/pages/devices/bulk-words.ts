import type { Action } from './bulk.ts'

type Words = { verb: string; done: string; means: string; color?: string }

/** What each action is called, and what it means for the devices. */
export const WORDS: Record<Action, Words> = {
  accept: {
    ...{ verb: 'Accept', done: 'accepted' },
    means: 'They are trusted by the key they asked with, and take part in deployments from their next request on.',
  },
  reject: {
    ...{ verb: 'Reject', done: 'rejected', color: 'red' },
    means: 'They are shut out at once. What is running on them stays as it is. They can be accepted again.',
  },
  decommission: {
    ...{ verb: 'Decommission', done: 'decommissioned', color: 'red' },
    means:
      'Their keys, attributes, tags and pending work are removed for good, and deployments count them as ended. A device that asks again is a new one.',
  },
  group: {
    ...{ verb: 'Put into a group', done: 'put into the group' },
    means: 'A device is in one group at most: it leaves the one it is in. Deployments that are running do not change.',
  },
}
