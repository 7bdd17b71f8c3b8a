import { Text } from '@mantine/core'
import { counted, whole } from '../../../src/texts/numbers.ts'
import { endedIn } from '../../../src/texts/progress.ts'
import { abortDeployment, type Deployment, useDeploymentsChanged } from '../../api/deployments.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Consequences } from './consequences.tsx'
import { inProgressOf, notStartedOf } from './numbers.ts'

type Props = { deployment: Deployment; onClose: () => void }

/** Asks for confirmation, with the number of devices that the abort affects. */
export function Abort({ deployment, onClose }: Props) {
  const onChanged = useDeploymentsChanged()
  return (
    <Confirm
      title={`Abort deployment ${deployment.name}?`}
      action="Abort deployment"
      onConfirm={() => abortDeployment(deployment.id).then(onChanged)}
      onClose={onClose}
    >
      <Consequences of={consequences(deployment)} />
      <Text size="sm" c="dimmed">
        This cannot be undone. To continue later, create a new deployment.
      </Text>
    </Confirm>
  )
}

function consequences(deployment: Deployment): string[] {
  const finished = endedIn(deployment.statistics.status)
  const in_progress = inProgressOf(deployment)
  const left = notStartedOf(deployment)
  return [
    in_progress === 0
      ? 'No devices are in progress.'
      : `${counted(in_progress, 'device')} in progress will be stopped.`,
    left === undefined
      ? 'No other devices will be offered this update.'
      : left === 0
        ? 'All target devices have started.'
        : deployment.dynamic
          ? `No other devices will be offered this update; up to ${whole(left)} more could have started.`
          : `${counted(left, 'device')} not started yet will not be offered this update.`,
    `${counted(finished, 'device')} already finished will not change.`,
  ]
}
