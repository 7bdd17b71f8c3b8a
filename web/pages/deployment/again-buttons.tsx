import { Button, Group } from '@mantine/core'
import { IconRepeat } from '@tabler/icons-react'
import { whole } from '../../../src/texts/numbers.ts'
import type { Deployment } from '../../api/deployments.ts'
import { useMay } from '../../api/session.ts'
import { isOver } from '../../parts/deployment-text.ts'
import { notReachedOf, type Outcome } from './again.ts'
import { useOpenDialog } from './dialogs.tsx'
import { failedOf } from './numbers.ts'

/** Buttons to deploy again to devices by how the deployment ended for them. */
export function AgainButtons({ deployment }: { deployment: Deployment }) {
  const open = useOpenDialog()
  const may = useMay()
  if (!may('deployments') || deployment.history_removed || deployment.type === 'configuration') return null
  const failed = failedOf(deployment)
  const not_reached = isOver(deployment) ? notReachedOf(deployment) : 0
  const choices: { outcome: Outcome; count: number; text: string }[] = [
    {
      outcome: 'failed',
      count: failed,
      text: `Deploy again to the ${failed === 1 ? 'device' : whole(failed)} that failed`,
    },
    {
      outcome: 'not_reached',
      count: not_reached,
      text: `Deploy to the ${not_reached === 1 ? 'device' : whole(not_reached)} not reached`,
    },
  ]
  const shown = choices.filter(({ count }) => count > 0)
  if (shown.length === 0) return null
  return (
    <Group gap="xs" mb="sm">
      {shown.map(({ outcome, text }) => (
        <Button
          key={outcome}
          className="wrapping"
          size="xs"
          variant="default"
          leftSection={<IconRepeat size={16} aria-hidden />}
          onClick={() => open({ kind: 'again', outcome })}
        >
          {text}
        </Button>
      ))}
    </Group>
  )
}
