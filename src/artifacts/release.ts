import { type Static, Type } from 'typebox'
import { Artifact } from './artifact.ts'

/** Number of different tags on all releases of a tenant. */
export const MAX_TAGS = 100

export const Tags = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
  ...{ maxItems: 20 },
  description: 'Tags of the release',
})
export const Notes = Type.String({ maxLength: 1024, description: 'Notes on the release' })

const tags = Type.Array(Type.String(), { description: 'Tags of the release' })
const notes = Type.String({ description: 'Notes on the release' })

/** All artifacts of one name. */
export const Release = Type.Object(
  {
    name: Type.String({ description: 'Name of the release' }),
    modified: Type.String({ format: 'date-time', description: 'Time of the last change' }),
    artifacts: Type.Array(Artifact, { description: 'The artifacts of this name' }),
    artifacts_count: Type.Integer({ description: 'Number of artifacts' }),
    ...{ tags, notes },
  },
  { title: 'Release', description: 'All artifacts of one name' },
)
export type Release = Static<typeof Release>

/** The same in version 1 of the API. */
export const ReleaseV1 = Type.Object(
  {
    Name: Type.String({ description: 'Name of the release' }),
    Modified: Type.String({ format: 'date-time', description: 'Time of the last change' }),
    Artifacts: Type.Array(Artifact, { description: 'The artifacts of this name' }),
    ArtifactsCount: Type.Integer({ description: 'Number of artifacts' }),
    ...{ tags, notes },
  },
  { title: 'ReleaseV1', description: 'A release in the form of version 1' },
)

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
