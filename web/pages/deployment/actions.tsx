import { Button } from '@mantine/core'
import { IconArrowBackUp, IconPlayerPause, IconPlayerStop } from '@tabler/icons-react'
import type { Deployment } from '../../api/deployments.ts'
import { useHasRules } from '../../api/recipes.ts'
import { useMay } from '../../api/session.ts'
import { isOver } from '../../parts/deployment-text.ts'
import { useOpenDialog } from './dialogs.tsx'
import { touchedOf } from './numbers.ts'

/** One button for each thing that the user can do about the deployment now. */
export function Actions({ deployment }: { deployment: Deployment }) {
  const open = useOpenDialog()
  const may = useMay()
  const hasRules = useHasRules()
  if (isOver(deployment) || !may('deployments')) return null
  // The banner of a paused deployment has the buttons for what comes next.
  const isPaused = deployment.rollout.state === 'paused'
  return (
    <>
      {hasRules && !isPaused && (
        <Button
          variant="default"
          leftSection={<IconPlayerPause size={18} aria-hidden />}
          onClick={() => open({ kind: 'pause' })}
        >
          Pause
        </Button>
      )}
      {hasRules && !isPaused && touchedOf(deployment) > 0 && (
        <Button
          variant="default"
          leftSection={<IconArrowBackUp size={18} aria-hidden />}
          onClick={() => open({ kind: 'roll_back' })}
        >
          Roll back
        </Button>
      )}
      <Button
        color="red"
        variant="light"
        leftSection={<IconPlayerStop size={18} aria-hidden />}
        onClick={() => open({ kind: 'abort' })}
      >
        Abort deployment
      </Button>
    </>
  )
}
