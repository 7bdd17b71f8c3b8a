import type { Release } from './release.ts'

export const RELEASE_COLUMNS = ['name', 'modified', 'artifacts_count', 'size', 'device_types', 'tags', 'notes'] as const

export function releaseCells({ name, modified, artifacts, artifacts_count, tags, notes }: Release): string[] {
  const size = artifacts.reduce((sum, one) => sum + one.size, 0)
  const types = new Set(artifacts.flatMap((one) => one.device_types_compatible))
  return [name, modified, String(artifacts_count), String(size), [...types].join(', '), tags.join(', '), notes]
}
