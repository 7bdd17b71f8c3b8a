import { Button, Text } from '@mantine/core'
import type { Deployment } from '../../api/deployments.ts'
import { useOpenDialog } from './dialogs.tsx'
import { nextStepOf, useViewer } from './next-step.ts'
import { stateText } from './texts.ts'

/** On a phone, at the lower edge of the screen: the state, and the one thing to do about it. */
export function NextStepBar({ deployment }: { deployment: Deployment }) {
  const open = useOpenDialog()
  const step = nextStepOf(deployment, useViewer())
  if (!step) return null
  return (
    <section className="next-step" aria-label="Next step">
      <Text size="sm" fw={550} lineClamp={4} flex={1}>
        {stateText(deployment)}
      </Text>
      <Button {...(step.isExpected ? {} : { variant: 'default' })} onClick={() => open(step.dialog)}>
        {step.label}
      </Button>
    </section>
  )
}
