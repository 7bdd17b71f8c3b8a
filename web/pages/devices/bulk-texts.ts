import type { Action } from './bulk.ts'

type ActionTexts = { verb: string; done: string; description: string; color?: string }

/** The texts of each action; `description` says what it does to the devices. */
export const ACTION_TEXTS: Record<Action, ActionTexts> = {
  accept: {
    ...{ verb: 'Accept', done: 'accepted' },
    description: 'Their current keys are trusted, and they take part in deployments from their next request.',
  },
  reject: {
    ...{ verb: 'Reject', done: 'rejected', color: 'red' },
    description:
      'They lose access immediately and get no more updates. Their software stays. You can accept them again.',
  },
  decommission: {
    ...{ verb: 'Decommission', done: 'decommissioned', color: 'red' },
    description:
      'Their keys, attributes, tags and pending updates are permanently deleted. Running deployments count them as ' +
      'decommissioned. A device that connects again appears as a new device.',
  },
  pin: {
    ...{ verb: 'Pin', done: 'pinned' },
    description: 'They get no update, and start no other attempt at one. Updates that have begun go on.',
  },
  unpin: {
    ...{ verb: 'Remove the pins of', done: 'free of pins' },
    description: 'They get what waits for them with their next request.',
  },
  ungroup: {
    ...{ verb: 'Remove', done: 'removed from group', color: 'red' },
    description: 'They will be in no group. Running deployments do not change.',
  },
  group: {
    ...{ verb: 'Add to group', done: 'added to group' },
    description: 'A device is in at most one group, so it leaves its current group. Running deployments do not change.',
  },
}
