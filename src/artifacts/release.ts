import { type Static, Type } from 'typebox'
import { Artifact } from './artifact.ts'

/** Number of different tags on all releases of a tenant. */
export const MAX_TAGS = 100

export const Tags = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 20 })
export const Notes = Type.String({ maxLength: 1024 })

/** All artifacts of one name. */
export const Release = Type.Object({
  name: Type.String(),
  modified: Type.String({ format: 'date-time' }),
  artifacts: Type.Array(Artifact),
  artifacts_count: Type.Integer(),
  tags: Type.Array(Type.String()),
  notes: Type.String(),
})
export type Release = Static<typeof Release>

/** The same in version 1 of the API. */
export const ReleaseV1 = Type.Object({
  Name: Type.String(),
  Modified: Type.String({ format: 'date-time' }),
  Artifacts: Type.Array(Artifact),
  ArtifactsCount: Type.Integer(),
  tags: Type.Array(Type.String()),
  notes: Type.String(),
})

export const toV1 = ({
  name,
  modified,
  artifacts,
  artifacts_count,
  tags,
  notes,
}: Release): Static<typeof ReleaseV1> => ({
  ...{ Name: name, Modified: modified, Artifacts: artifacts, ArtifactsCount: artifacts_count },
  ...{ tags, notes },
})
