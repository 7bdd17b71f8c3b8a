import type { Delivery } from './delivery.ts'

const MEMBERS = [
  ...(['event_id', 'type', 'time', 'state', 'attempts', 'last_attempt', 'next_attempt', 'status_code'] as const),
  ...(['error', 'response', 'took_ms'] as const),
]

export const DELIVERY_COLUMNS = [...MEMBERS, 'data'] as const

/** Members that are absent are empty; the data is JSON. */
export const deliveryCells = (delivery: Delivery): string[] => [
  ...MEMBERS.map((name) => String(delivery[name] ?? '')),
  JSON.stringify(delivery.data),
]
