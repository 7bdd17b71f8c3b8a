type Deployed = { type: string; artifact_name: string }

/** What a deployment installs: the name of the release, or `configuration`. */
export const contentText = ({ type, artifact_name }: Deployed): string =>
  type === 'configuration' ? 'configuration' : artifact_name
