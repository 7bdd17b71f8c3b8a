import type { Db } from '../db/db.ts'
import { raw, sql } from '../db/sql.ts'
import type { Artifact } from './artifact.ts'

/** The columns of the API's artifact. */
export const ARTIFACT = raw(`id, name, description, device_types_compatible, info, signed, updates, artifact_provides,
  artifact_depends, clears_artifact_provides, size, modified`)

/** Every artifact with one of these names, ordered by name and age. */
export const findArtifactsNamed = (db: Db, tenant_id: string, names: readonly string[]): Promise<Artifact[]> =>
  db.query<Artifact>(sql`
    select ${ARTIFACT} from artifacts where tenant_id = ${tenant_id} and name = any(${names})
    order by name, created, id`)
