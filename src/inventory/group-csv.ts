import type { CountedGroup } from './group.ts'

export const GROUP_COLUMNS = ['name', 'device_count', 'accepted_count'] as const

export const groupCells = ({ name, device_count, accepted_count }: CountedGroup): string[] => [
  name,
  String(device_count),
  String(accepted_count),
]
