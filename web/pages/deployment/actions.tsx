import { Button } from '@mantine/core'
import { IconArrowBackUp, IconPlayerPause, IconPlayerStop } from '@tabler/icons-react'
import type { Deployment } from '../../api/deployments.ts'
import { useMay } from '../../api/session.ts'
import { isOver } from '../../parts/deployment-text.ts'
import { useOpenDialog } from './dialogs.tsx'
import { mayRollBack } from './numbers.ts'

/** One button for each thing that the user can do about the deployment now. */
export function Actions({ deployment }: { deployment: Deployment }) {
  const open = useOpenDialog()
  const may = useMay()
  if (!may('deployments')) return null
  // The banner of a paused deployment has the buttons for what comes next.
  const isPaused = deployment.rollout.state === 'paused'
  const isOngoing = !isOver(deployment)
  return (
    <>
      {isOngoing && !isPaused && (
        <Button
          variant="default"
          leftSection={<IconPlayerPause size={16} aria-hidden />}
          onClick={() => open({ kind: 'pause' })}
        >
          Pause
        </Button>
      )}
      {!isPaused && mayRollBack(deployment) && (
        <Button
          variant="default"
          leftSection={<IconArrowBackUp size={16} aria-hidden />}
          onClick={() => open({ kind: 'roll_back' })}
        >
          Roll back
        </Button>
      )}
      {isOngoing && (
        <Button
          color="red"
          variant="light"
          leftSection={<IconPlayerStop size={16} aria-hidden />}
          onClick={() => open({ kind: 'abort' })}
        >
          Abort deployment
        </Button>
      )}
    </>
  )
}
