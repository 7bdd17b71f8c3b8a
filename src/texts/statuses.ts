import { whole } from './numbers.ts'

/** `color`: one of the web UI's palette; the command line has the nearest that a terminal knows. */
export type Look = { label: string; color: string; means: string }

/** How a device is doing within a deployment. */
export const DEVICE_LOOK = {
  success: { label: 'Updated', color: 'teal', means: 'installed, and running the release' },
  failure: { label: 'Failed', color: 'red', means: 'every attempt failed' },
  downloading: { label: 'Downloading', color: 'blue', means: 'downloading the artifact' },
  installing: { label: 'Installing', color: 'blue', means: 'installing the update' },
  rebooting: { label: 'Rebooting', color: 'blue', means: 'restarting into the update' },
  pause_before_installing: {
    label: 'Paused before installing',
    color: 'yellow',
    means: 'paused before installing, waiting for your go-ahead',
  },
  pause_before_rebooting: {
    label: 'Paused before rebooting',
    color: 'yellow',
    means: 'paused before rebooting, waiting for your go-ahead',
  },
  pause_before_committing: {
    label: 'Paused before committing',
    color: 'yellow',
    means: 'paused before committing, waiting for your go-ahead',
  },
  pending: { label: 'Pending', color: 'gray.5', means: 'not started yet' },
  'already-installed': { label: 'Already installed', color: 'cyan', means: 'was running the release already' },
  noartifact: { label: 'No artifact', color: 'grape', means: 'no artifact for this device type' },
  aborted: { label: 'Aborted', color: 'orange', means: 'stopped when the deployment was aborted' },
  decommissioned: { label: 'Decommissioned', color: 'dark', means: 'the device was decommissioned' },
} as const satisfies Readonly<Record<string, Look>>

type DeviceStatus = keyof typeof DEVICE_LOOK
export type Counts = Partial<Record<DeviceStatus, number>>

/** From good to bad to unfinished: the order of bars and legends. */
export const DEVICE_STATUS_ORDER: readonly DeviceStatus[] = [
  ...(['success', 'already-installed', 'failure', 'noartifact', 'aborted', 'decommissioned'] as const),
  ...(['downloading', 'installing', 'rebooting'] as const),
  ...(['pause_before_installing', 'pause_before_rebooting', 'pause_before_committing', 'pending'] as const),
]

/** `['64 updated', '33 failed']`: the counters that are not 0. */
export const countTexts = (counts: Counts): string[] =>
  DEVICE_STATUS_ORDER.filter((status) => (counts[status] ?? 0) > 0).map(
    (status) => `${whole(counts[status] ?? 0)} ${DEVICE_LOOK[status].label.toLowerCase()}`,
  )

/** How a deployment is doing. */
export const DEPLOYMENT_LOOK: Readonly<Record<string, Look>> = {
  scheduled: { label: 'Scheduled', color: 'grape', means: 'the first phase has not opened yet' },
  pending: { label: 'Pending', color: 'gray', means: 'no device has started yet' },
  inprogress: { label: 'In progress', color: 'blue', means: 'devices are updating' },
  finished: { label: 'Finished', color: 'teal', means: 'no more devices will be updated' },
  aborted: { label: 'Aborted', color: 'orange', means: 'stopped by a user' },
}

/** Whether a device has access to this server. */
export const AUTH_LOOK: Readonly<Record<string, Look>> = {
  accepted: { label: 'Accepted', color: 'teal', means: 'has access and is offered updates' },
  pending: { label: 'Pending', color: 'yellow', means: 'waiting to be accepted' },
  rejected: { label: 'Rejected', color: 'red', means: 'has no access' },
  preauthorized: { label: 'Preauthorized', color: 'indigo', means: 'is accepted when it first connects' },
  noauth: { label: 'No authentication', color: 'gray', means: 'has no authentication set' },
}
