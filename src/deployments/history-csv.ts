import type { Static } from 'typebox'
import type { Deployment } from './deployment.ts'
import type { DeviceDeploymentItem } from './device-deployment.ts'

const OF_DEVICE = ['status', 'substate', 'attempts', 'created', 'started', 'finished'] as const

export const HISTORY_COLUMNS = ['name', 'id', 'artifact_name', ...OF_DEVICE] as const

type Entry = {
  deployment: Pick<Deployment, 'name' | 'id' | 'artifact_name'>
  device: Static<typeof DeviceDeploymentItem>
}

export const historyCells = ({ deployment: { name, id, artifact_name }, device }: Entry): string[] => [
  ...[name, id, artifact_name],
  ...OF_DEVICE.map((member) => String(device[member] ?? '')),
]
