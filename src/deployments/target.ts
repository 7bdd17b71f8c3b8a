import type { TextSet } from '../text-set.ts'

/** The devices that a deployment is for, as requested. */
export type Target =
  | { kind: 'filter'; filter_id: string; max_devices: number | null }
  | { kind: 'devices'; devices: TextSet }
  | { kind: 'devices_of'; deployment_id: string; outcome: 'failed' | 'not_reached' }
  | { kind: 'group'; group: string }
  | { kind: 'all' }
