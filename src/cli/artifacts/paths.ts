export const ARTIFACTS = '/api/management/v1/deployments/artifacts'
