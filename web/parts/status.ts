import type { DeviceStatus } from '../../src/deployments/device-status.ts'

export type Look = { label: string; color: string; means: string }

/** How a device is doing within a deployment. */
export const DEVICE_LOOK: Readonly<Record<DeviceStatus, Look>> = {
  success: { label: 'Success', color: 'teal', means: 'installed, and running the release' },
  failure: { label: 'Failure', color: 'red', means: 'every attempt failed' },
  downloading: { label: 'Downloading', color: 'blue', means: 'fetching the artifact' },
  installing: { label: 'Installing', color: 'blue', means: 'writing the update' },
  rebooting: { label: 'Rebooting', color: 'blue', means: 'restarting into the update' },
  pause_before_installing: { label: 'Paused before installing', color: 'yellow', means: 'waits to be let on' },
  pause_before_rebooting: { label: 'Paused before rebooting', color: 'yellow', means: 'waits to be let on' },
  pause_before_committing: { label: 'Paused before committing', color: 'yellow', means: 'waits to be let on' },
  pending: { label: 'Pending', color: 'gray.5', means: 'has not begun' },
  'already-installed': { label: 'Already installed', color: 'cyan', means: 'runs the release already' },
  noartifact: { label: 'No artifact', color: 'grape', means: 'the release has none for its device type' },
  aborted: { label: 'Aborted', color: 'orange', means: 'the deployment was aborted first' },
  decommissioned: { label: 'Decommissioned', color: 'dark', means: 'the device is gone' },
}

/** From good to bad to unfinished: the order of bars and legends. */
export const DEVICE_STATUS_ORDER: readonly DeviceStatus[] = [
  ...(['success', 'already-installed', 'failure', 'noartifact', 'aborted', 'decommissioned'] as const),
  ...(['downloading', 'installing', 'rebooting'] as const),
  ...(['pause_before_installing', 'pause_before_rebooting', 'pause_before_committing', 'pending'] as const),
]

/** How a deployment is doing. */
export const DEPLOYMENT_LOOK: Readonly<Record<string, Look>> = {
  scheduled: { label: 'Scheduled', color: 'grape', means: 'its first phase has not opened' },
  pending: { label: 'Pending', color: 'gray', means: 'no device has begun' },
  inprogress: { label: 'In progress', color: 'blue', means: 'devices are updating' },
  finished: { label: 'Finished', color: 'teal', means: 'nothing more will happen' },
  aborted: { label: 'Aborted', color: 'orange', means: 'ended by hand' },
}

/** Whether a device may talk to this server. */
export const AUTH_LOOK: Readonly<Record<string, Look>> = {
  accepted: { label: 'Accepted', color: 'teal', means: 'let in' },
  pending: { label: 'Pending', color: 'yellow', means: 'waits to be let in' },
  rejected: { label: 'Rejected', color: 'red', means: 'shut out' },
  preauthorized: { label: 'Preauthorized', color: 'indigo', means: 'will be let in when it asks' },
  noauth: { label: 'No authentication', color: 'gray', means: 'has no key any more' },
}
