import { List, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { counted, whole } from '../../../src/texts/numbers.ts'
import { endedIn } from '../../../src/texts/progress.ts'
import { abortDeployment, type Deployment } from '../../api/deployments.ts'
import { Confirm } from '../../parts/confirm.tsx'

type Props = { deployment: Deployment; onClose: () => void }

/** Asks for confirmation, with the number of devices that the abort affects. */
export function Abort({ deployment, onClose }: Props) {
  const queries = useQueryClient()
  const abort = async () => {
    await abortDeployment(deployment.id)
    await queries.invalidateQueries({ queryKey: ['deployments'] })
  }
  return (
    <Confirm
      title={`Abort deployment ${deployment.name}?`}
      action="Abort deployment"
      onConfirm={abort}
      onClose={onClose}
    >
      <List size="sm" spacing={6}>
        {consequences(deployment).map((sentence) => (
          <List.Item key={sentence}>{sentence}</List.Item>
        ))}
      </List>
      <Text size="sm" c="dimmed">
        This cannot be undone. To continue later, create a new deployment.
      </Text>
    </Confirm>
  )
}

function consequences({ statistics, device_count, max_devices, dynamic }: Deployment): string[] {
  const finished = endedIn(statistics.status)
  const in_progress = device_count - finished
  const left = max_devices ? Math.max(0, max_devices - device_count) : dynamic ? undefined : 0
  return [
    in_progress === 0
      ? 'No devices are in progress.'
      : `${counted(in_progress, 'device')} in progress will be stopped.`,
    left === undefined
      ? 'No other devices will be offered this update.'
      : left === 0
        ? 'All target devices have started.'
        : dynamic
          ? `No other devices will be offered this update; up to ${whole(left)} more could have started.`
          : `${counted(left, 'device')} not started yet will not be offered this update.`,
    `${counted(finished, 'device')} already finished will not change.`,
  ]
}
