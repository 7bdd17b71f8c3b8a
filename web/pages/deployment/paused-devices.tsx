import { Alert, Button, Group, Text } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useState } from 'react'
import { counted } from '../../../src/texts/numbers.ts'
import { continueDeployment, type Deployment, useDeploymentsChanged } from '../../api/deployments.ts'
import { useMay } from '../../api/session.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { isOver } from '../../parts/deployment-text.ts'

type Paused = {
  status: 'pause_before_installing' | 'pause_before_rebooting' | 'pause_before_committing'
  state: string
  before: string
}

/** Where the update control map of a deployment may pause devices. */
const PLACES: Paused[] = [
  { status: 'pause_before_installing', state: 'ArtifactInstall_Enter', before: 'before installing' },
  { status: 'pause_before_rebooting', state: 'ArtifactReboot_Enter', before: 'before restarting' },
  { status: 'pause_before_committing', state: 'ArtifactCommit_Enter', before: 'before committing the update' },
]

/** How many devices the update control map pauses in which state, with a button that lets them go on. */
export function PausedDevices({ deployment }: { deployment: Deployment }) {
  const [asking, setAsking] = useState<Paused>()
  const may = useMay()
  const onChanged = useDeploymentsChanged()
  const countOf = ({ status }: Paused) => deployment.statistics.status[status]
  const paused = isOver(deployment) ? [] : PLACES.filter((place) => countOf(place) > 0)
  if (paused.length === 0) return null
  return (
    <Alert color="indigo" variant="light" mb="lg" icon={<IconPlayerPause aria-hidden />}>
      <Text size="sm" fw={600}>
        Paused by the update control map
      </Text>
      {paused.map((place) => (
        <Group key={place.state} justify="space-between" gap="sm" mt="xs">
          <Text size="sm">
            {counted(countOf(place), 'device')} {countOf(place) === 1 ? 'waits' : 'wait'} {place.before}.
          </Text>
          {may('deployments') && isPausing(deployment, place) && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPlayerPlay size={14} aria-hidden />}
              onClick={() => setAsking(place)}
            >
              Continue
            </Button>
          )}
          {!isPausing(deployment, place) && <Text size="sm">They continue once they ask for the new map.</Text>}
        </Group>
      ))}
      {asking && (
        <Confirm
          title={`Continue ${counted(countOf(asking), 'device')}?`}
          action="Continue"
          color="indigo"
          onConfirm={() => continueDeployment(deployment.id, asking.state).then(onChanged)}
          onClose={() => setAsking(undefined)}
        >
          <Text size="sm">
            Devices go on once they ask for the new map, as a rule within minutes. Those that get this far later do not
            wait {asking.before} either. To continue a single device, use its row in the list of devices.
          </Text>
        </Confirm>
      )}
    </Alert>
  )
}

/** Whether the map still pauses devices there. */
function isPausing({ update_control_map: map }: Deployment, { state }: Paused): boolean {
  const states = map?.states as Record<string, { action?: unknown } | undefined> | undefined
  return states?.[state]?.action === 'pause'
}
