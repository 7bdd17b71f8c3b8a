import type { Asker } from '../auth/visible-devices.ts'
import type { Env } from '../env.ts'
import type { NewAttribute } from './attribute.ts'
import { writeScope } from './write-scope.ts'

export type Tags = {
  device_id: string
  replace: boolean
  attributes: readonly NewAttribute[]
  /** The header `If-Match`: refused unless the tags are of this version. */
  if_match?: string | undefined
}

export async function tagDevice(env: Env, { tenant_id, scope }: Asker, { if_match, ...tags }: Tags): Promise<void> {
  const versions = readVersions(if_match)
  await writeScope(env, { tenant_id, within: scope.groups, scope: 'tags', ...tags, if_match: versions })
}

/** Undefined where any will do. */
function readVersions(header: string | undefined): string[] | undefined {
  if (header === undefined || header.trim() === '*') return undefined
  return header.split(',').map((tag) => tag.trim().replace(/^(?:W\/)?"(.*)"$/, '$1'))
}
