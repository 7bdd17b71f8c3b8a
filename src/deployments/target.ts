/** Whom a deployment is for. */
export type Target =
  | { kind: 'filter'; filter_id: string; max_devices: number | null }
  | { kind: 'devices'; devices: string[] }
  | { kind: 'group'; group: string }
  | { kind: 'all' }
