import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { IconAlertOctagon, IconHandStop, IconHourglass, IconPlayerPause } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { isTripped } from '../../../src/texts/rollouts.ts'
import type { Deployment } from '../../api/deployments.ts'
import { useMay } from '../../api/session.ts'
import { useQueryState } from '../../api/use-query-state.ts'
import { deploymentPage } from '../../parts/links.ts'
import { TextWithTimes, Time, useNow } from '../../parts/time.tsx'
import { useOpenDialog } from './dialogs.tsx'
import { nextStepOf, useViewer } from './next-step.ts'
import { mayRollBack, nextPhaseOf } from './numbers.ts'
import { abortedText, failedParts, pausedTexts, phaseName, stateText } from './texts.ts'

type Props = { deployment: Deployment }

/** Why the rollout does not proceed, what that means, and the next step. Nothing while it proceeds. */
export function Banner({ deployment }: Props) {
  const { rollout, aborted } = deployment
  return (
    <div aria-live="polite">
      {aborted ? (
        <Aborted deployment={deployment} />
      ) : rollout.state === 'paused' ? (
        <Paused deployment={deployment} />
      ) : rollout.state === 'held' ? (
        <Held deployment={deployment} />
      ) : null}
    </div>
  )
}

function Paused({ deployment }: Props) {
  const { rollout } = deployment
  const now = useNow(5_000)
  const may = useMay()
  const open = useOpenDialog()
  const isTrip = isTripped(rollout)
  return (
    <Notice
      color={isTrip ? 'red' : 'orange'}
      icon={isTrip ? <IconAlertOctagon /> : <IconPlayerPause />}
      title={stateText(deployment)}
      since={rollout.since}
      message={rollout.reason?.message}
      texts={pausedTexts(deployment, now)}
    >
      <FailedLinks deployment={deployment} />
      {may('deployments') && (
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={() => open({ kind: 'resume' })}>
            Resume
          </Button>
          {mayRollBack(deployment) && (
            <Button size="xs" variant="default" onClick={() => open({ kind: 'roll_back' })}>
              Roll back
            </Button>
          )}
        </Group>
      )}
    </Notice>
  )
}

function Held({ deployment }: Props) {
  const { rollout } = deployment
  const now = useNow(5_000)
  const next = nextPhaseOf(deployment, now)
  const code = rollout.reason?.code ?? ''
  const step = nextStepOf(deployment, useViewer())
  const open = useOpenDialog()
  return (
    <Notice
      color={code === 'approval' || code === 'verdict' ? 'yellow' : 'blue'}
      icon={<IconHourglass />}
      title={stateText(deployment)}
      message={rollout.reason?.message}
      texts={next && code !== 'window' ? [`${phaseName(deployment, next)} is not open yet.`] : []}
    >
      {step?.isExpected && (
        <Button size="xs" visibleFrom="sm" onClick={() => open(step.dialog)}>
          {step.label}
        </Button>
      )}
    </Notice>
  )
}

function Aborted({ deployment }: Props) {
  const { rollout, aborted, rolled_back_by } = deployment
  const isByPolicy = rollout.trip !== undefined && rollout.trip.action !== 'pause'
  return (
    <Notice
      color={isByPolicy ? 'red' : 'orange'}
      icon={isByPolicy ? <IconAlertOctagon /> : <IconHandStop />}
      title={abortTitle(deployment, isByPolicy)}
      since={aborted ?? rollout.since}
      message={isByPolicy ? rollout.reason?.message : undefined}
      texts={[abortedText(deployment)]}
    >
      {isByPolicy && <FailedLinks deployment={deployment} />}
      {rolled_back_by && (
        <Anchor component={Link} href={deploymentPage(rolled_back_by)} size="sm" c="bright" underline="always">
          View the deployment that rolls it back
        </Anchor>
      )}
    </Notice>
  )
}

function abortTitle({ rollout, rolled_back_by }: Deployment, isByPolicy: boolean): string {
  if (isByPolicy)
    return rollout.trip?.action === 'rollback' ? 'Rolled back by the failure policy' : 'Aborted by the failure policy'
  return rolled_back_by ? 'This deployment was rolled back' : 'This deployment was aborted'
}

type NoticeProps = {
  color: string
  icon: ReactNode
  title: string
  since?: string
  /** The sentence of the server. */
  message: string | undefined
  texts: readonly string[]
  children?: ReactNode
}

const Notice = ({ color, icon, title, since, message, texts, children }: NoticeProps) => (
  <Alert
    color={color}
    variant="light"
    icon={icon}
    mb="lg"
    title={
      <Text span inherit c="bright">
        {title}
      </Text>
    }
  >
    <Stack gap="xs" align="flex-start">
      <Text size="sm" className="break-anywhere">
        {since && (
          <>
            <Time at={since} />:{' '}
          </>
        )}
        {message && (
          <>
            <TextWithTimes text={message} />{' '}
          </>
        )}
        {texts.join(' ')}
      </Text>
      {children}
    </Stack>
  </Alert>
)

/** Shows the failed devices in the table below, by how they failed. */
function FailedLinks({ deployment }: Props) {
  const [, change] = useQueryState()
  const parts = failedParts(deployment)
  if (parts.length === 0) return null
  const show = (status: string) => {
    change({ status, page: '' })
    document.getElementById('devices-heading')?.scrollIntoView()
  }
  return (
    <Group gap="xs">
      <Text size="sm">Show devices:</Text>
      {parts.map(({ text, status }) => (
        <Anchor
          key={status}
          component="button"
          type="button"
          size="sm"
          c="bright"
          underline="always"
          onClick={() => show(status)}
        >
          {text}
        </Anchor>
      ))}
    </Group>
  )
}
