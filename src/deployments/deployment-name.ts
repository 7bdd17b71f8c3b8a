import { type Static, Type } from 'typebox'
import { DeploymentType } from './deployment-type.ts'

export const DeploymentName = Type.Object(
  {
    id: Type.String({ description: 'ID of the deployment' }),
    name: Type.String({ description: 'Name of the deployment' }),
    artifact_name: Type.String({ description: 'Name of the release' }),
    type: DeploymentType,
  },
  { title: 'DeploymentName', description: 'A deployment by its names' },
)
export type DeploymentName = Static<typeof DeploymentName>

/** What a deployment installs. */
export const contentOf = ({ type, artifact_name }: DeploymentName): string =>
  type === 'configuration' ? 'its configuration' : artifact_name
