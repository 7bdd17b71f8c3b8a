import { type DeviceStatus, isFinal } from '../deployments/device-status.ts'

/** An attempt of a device to install an artifact, under the number by which the device knows it. */
export type Action = {
  tenant_id: string
  device_id: string
  action_id: number
  deployment_id: string
  device_deployment_id: string
  attempt: number
  artifact_id: string
  created: string
  /** Whether the device has all bytes of the artifact. */
  downloaded: boolean
  /** Whether the device has sent feedback. */
  reported: boolean
  /** When the device was first asked to cancel. */
  cancel_since: string | null
  /** Whether the device goes on although it was asked to cancel. */
  cancel_rejected: boolean
  closed: string | null
  /** Of the device deployment; null: there is none any more. */
  status: DeviceStatus | null
  attempts: number | null
}

/** Canceling: the deployment was aborted, and the device has not ended the action. */
export type ActionState = 'active' | 'canceling' | 'ended'

export function stateOf({ closed, status, attempt, attempts }: Action): ActionState {
  if (closed !== null || status === null || attempts !== attempt) return 'ended'
  if (status === 'aborted') return 'canceling'
  return isFinal(status) ? 'ended' : 'active'
}

/** Some clients do not answer once their installation has ended. */
const LONGEST_CANCEL_MS = 10 * 60_000

/** Whether the device need no longer be asked to cancel. It may still end the action. */
export const isCancelOver = (
  { cancel_since, cancel_rejected }: Pick<Action, 'cancel_since' | 'cancel_rejected'>,
  { now, polling_interval_s }: { now: Date; polling_interval_s: number },
): boolean =>
  cancel_rejected ||
  (cancel_since !== null &&
    now.getTime() - Date.parse(cancel_since) > Math.max(LONGEST_CANCEL_MS, 2500 * polling_interval_s))

const FIRST_ACTION_MS = Date.UTC(2026, 0, 1)

/**
 * The smallest number for an action that begins now: the seconds since 2026. Clients keep the number of what they have
 * installed and never install it again, so that no number may be used twice, not even if a device was removed and has
 * come back, or after an older backup was restored. Clients need 31 bits: that is until 2094.
 */
export const firstActionId = (now: Date): number => Math.max(1, Math.floor((now.getTime() - FIRST_ACTION_MS) / 1000))
