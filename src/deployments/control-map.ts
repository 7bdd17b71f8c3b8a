import type { ControlMap } from './deployment.ts'
import type { DeviceStatus } from './device-status.ts'

/** The states of an update control map in which a device may pause, by the status that it reports then. */
const STATES: Partial<Record<DeviceStatus, string>> = {
  pause_before_installing: 'ArtifactInstall_Enter',
  pause_before_rebooting: 'ArtifactReboot_Enter',
  pause_before_committing: 'ArtifactCommit_Enter',
}

/** Undefined: the device is not paused. */
export const pausedIn = (status: DeviceStatus): string | undefined => STATES[status]

/** The states in which a map pauses devices. */
export const pausesOf = (map: ControlMap | null): string[] =>
  Object.entries(statesOf(map)).flatMap(([name, state]) => (isPause(state) ? [name] : []))

/** The map with which devices do not pause in these states any more. */
export function continuing(map: ControlMap, names: readonly string[]): ControlMap {
  const states = Object.entries(statesOf(map)).map(([name, state]) => [
    name,
    names.includes(name) && isPause(state) ? { action: 'continue' } : state,
  ])
  return { ...map, states: Object.fromEntries(states) }
}

/** Maps are stored as they come: the members need not have the types that Mender gives them. */
const statesOf = (map: ControlMap | null): object =>
  typeof map?.states === 'object' && map.states !== null ? map.states : {}

const isPause = (state: unknown): boolean =>
  typeof state === 'object' && state !== null && 'action' in state && state.action === 'pause'
