import { whole } from './numbers.ts'

/** `color`: a color of the web UI; the command line uses the nearest terminal color. */
export type StatusStyle = { label: string; color: string; description: string }

/** Statuses of a device within a deployment. */
export const DEVICE_STATUS_STYLES = {
  success: { label: 'Updated', color: 'teal', description: 'installed, and running the release' },
  failure: { label: 'Failed', color: 'red', description: 'every attempt failed' },
  downloading: { label: 'Downloading', color: 'blue', description: 'downloading the artifact' },
  installing: { label: 'Installing', color: 'blue', description: 'installing the update' },
  rebooting: { label: 'Rebooting', color: 'blue', description: 'restarting into the update' },
  pause_before_installing: {
    label: 'Paused before installing',
    color: 'yellow',
    description: 'paused before installing, waiting for your go-ahead',
  },
  pause_before_rebooting: {
    label: 'Paused before rebooting',
    color: 'yellow',
    description: 'paused before rebooting, waiting for your go-ahead',
  },
  pause_before_committing: {
    label: 'Paused before committing',
    color: 'yellow',
    description: 'paused before committing, waiting for your go-ahead',
  },
  pending: { label: 'Pending', color: 'gray.5', description: 'not started yet' },
  'already-installed': { label: 'Already installed', color: 'cyan', description: 'was running the release already' },
  noartifact: { label: 'No artifact', color: 'grape', description: 'no artifact for this device type' },
  aborted: { label: 'Aborted', color: 'orange', description: 'stopped when the deployment was aborted' },
  decommissioned: { label: 'Decommissioned', color: 'gray', description: 'the device was decommissioned' },
} as const satisfies Readonly<Record<string, StatusStyle>>

type DeviceStatus = keyof typeof DEVICE_STATUS_STYLES
export type Counts = Partial<Record<DeviceStatus, number>>

/** The order in bars and legends: successful, failed, unfinished. */
export const DEVICE_STATUS_ORDER: readonly DeviceStatus[] = [
  ...(['success', 'already-installed', 'failure', 'noartifact', 'aborted', 'decommissioned'] as const),
  ...(['downloading', 'installing', 'rebooting'] as const),
  ...(['pause_before_installing', 'pause_before_rebooting', 'pause_before_committing', 'pending'] as const),
]

/** `['64 updated', '33 failed']`: the counters that are not 0. */
export const countTexts = (counts: Counts): string[] =>
  DEVICE_STATUS_ORDER.filter((status) => (counts[status] ?? 0) > 0).map(
    (status) => `${whole(counts[status] ?? 0)} ${DEVICE_STATUS_STYLES[status].label.toLowerCase()}`,
  )

/** Statuses of a deployment. */
export const DEPLOYMENT_STATUS_STYLES: Readonly<Record<string, StatusStyle>> = {
  scheduled: { label: 'Scheduled', color: 'grape', description: 'the first phase has not opened yet' },
  pending: { label: 'Pending', color: 'gray', description: 'no device has started yet' },
  inprogress: { label: 'In progress', color: 'blue', description: 'devices are updating' },
  finished: { label: 'Finished', color: 'teal', description: 'no more devices will be updated' },
  aborted: { label: 'Aborted', color: 'orange', description: 'stopped by a user' },
}

/** States of a delivery to a webhook. */
export const DELIVERY_STATE_STYLES = {
  pending: { label: 'Waiting', color: 'blue', description: 'to be sent, or to be sent again' },
  delivered: { label: 'Delivered', color: 'teal', description: 'accepted by the target' },
  failed: { label: 'Given up', color: 'red', description: 'not accepted for a day' },
} as const satisfies Readonly<Record<string, StatusStyle>>

/** Authentication statuses of a device. */
export const AUTH_STATUS_STYLES: Readonly<Record<string, StatusStyle>> = {
  accepted: { label: 'Accepted', color: 'teal', description: 'has access and is offered updates' },
  pending: { label: 'Pending', color: 'yellow', description: 'waiting to be accepted' },
  rejected: { label: 'Rejected', color: 'red', description: 'has no access' },
  preauthorized: { label: 'Preauthorized', color: 'cyan', description: 'is accepted when it first connects' },
  noauth: { label: 'No authentication', color: 'gray', description: 'has no authentication set' },
}
