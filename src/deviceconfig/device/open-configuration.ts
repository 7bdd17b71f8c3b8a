import { Readable } from 'node:stream'
import { configurationNotFound } from '../../addon-errors.ts'
import { isConfigurationLinkValid, type LinkedConfiguration } from '../../artifacts/configuration-link.ts'
import { labelOf } from '../../artifacts/file-headers.ts'
import type { OpenFile } from '../../artifacts/open-file.ts'
import { sha256 } from '../../artifacts/write-artifact.ts'
import { writeConfiguration } from '../../artifacts/write-configuration.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { linkExpired } from '../../errors.ts'

type Link = LinkedConfiguration & { expire: string; signature: string }
type Row = { artifact_name: string; created: string; configuration: string | null }

/** Writes the artifact of a configuration that was deployed, for a signed link. */
export async function openConfiguration(env: Env, link: Link): Promise<OpenFile> {
  if (!isConfigurationLinkValid(env, link, link)) throw linkExpired()
  const { tenant_id, deployment_id, device_type } = link
  const found = await env.db.first<Row>(sql`
    select artifact_name, created, configuration::text as configuration from deployments
    where tenant_id = ${tenant_id} and id = ${deployment_id}`)
  if (!found?.configuration) throw configurationNotFound()
  const { artifact_name, created, configuration } = found
  const bytes = await writeConfiguration({ artifact_name, device_type, configuration, mtime: new Date(created) })
  return {
    ...labelOf(artifact_name, undefined),
    ...{ size: bytes.length, version: sha256(bytes) },
    read: async ({ start, end }) => Readable.from([bytes.subarray(start, end + 1)], { objectMode: false }),
  }
}
