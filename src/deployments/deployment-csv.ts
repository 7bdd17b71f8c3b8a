import type { Deployment } from './deployment.ts'
import { DEVICE_STATUSES } from './device-status.ts'

const FACTS = ['id', 'name', 'artifact_name', 'status', 'created', 'finished', 'aborted', 'device_count'] as const

/** The last ones are the numbers of devices by status. */
export const DEPLOYMENT_COLUMNS: readonly string[] = [...FACTS, 'created_by', 'state', ...DEVICE_STATUSES]

export const deploymentCells = (deployment: Deployment): string[] => [
  ...FACTS.map((fact) => String(deployment[fact] ?? '')),
  deployment.created_by?.email ?? deployment.created_by?.id ?? '',
  deployment.rollout.state,
  ...DEVICE_STATUSES.map((status) => String(deployment.statistics.status[status])),
]
