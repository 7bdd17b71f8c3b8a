import { Anchor, Button, Stack, Text, Title } from '@mantine/core'
import { IconCircle, IconCircleCheckFilled } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { counted } from '../../../src/texts/numbers.ts'
import { SERVER_URL } from '../../api/base-path.ts'
import { type DeploymentsOverview, type Fleet, useReleaseCount, useTenantToken } from '../../api/overview.ts'
import { useMay } from '../../api/session.ts'
import { connectDevice, MAKE_ARTIFACT } from '../../parts/commands.ts'
import { Command } from '../../parts/copyable.tsx'
import { Failure } from '../../parts/failure.tsx'
import { devicesOfStatus } from '../../parts/links.ts'

type Props = { fleet: Fleet; deployments: DeploymentsOverview }

/** Guides the user from a new server to the first updated device. Hidden once all steps are done. */
export function FirstSteps({ fleet: { by_status }, deployments }: Props) {
  const isDone = by_status.accepted > 0 && deployments.total > 0
  return isDone ? null : <Steps by_status={by_status} deployed={deployments.total > 0} />
}

function Steps({ by_status, deployed }: { by_status: Fleet['by_status']; deployed: boolean }) {
  const may = useMay()
  const releases = useReleaseCount()
  const hasRelease = (releases.data ?? 0) > 0
  return (
    <section className="card full-width" aria-label="First steps">
      <Stack gap="lg">
        <Title order={2}>First steps</Title>
        {(may('upload') || may('read_releases')) && (
          <Step title="Upload a release" done={hasRelease || deployed}>
            <Text size="sm">Upload any file, or an artifact written by mender-artifact, for example:</Text>
            <Command lines={MAKE_ARTIFACT} />
            {may('upload') && <StepLink href="/releases">Upload a release</StepLink>}
          </Step>
        )}
        <Step title="Connect a device" done={by_status.accepted > 0}>
          <ConnectDevice pending={by_status.pending} />
        </Step>
        <Step title="Create a deployment" done={deployed}>
          <Text size="sm">Choose a release and target devices. A preview shows what the deployment will do.</Text>
          {may('deployments') && <StepLink href="/deployments/new">New deployment</StepLink>}
        </Step>
      </Stack>
    </section>
  )
}

function ConnectDevice({ pending }: { pending: number }) {
  const token = useTenantToken()
  if (pending > 0)
    return (
      <>
        <Text size="sm">
          {counted(pending, 'device')} waiting to be accepted. Check the identity before you accept{' '}
          {pending === 1 ? 'it' : 'them'}.
        </Text>
        <StepLink href={devicesOfStatus('pending')}>View pending devices</StepLink>
      </>
    )
  return (
    <>
      <Text size="sm">On a device with a Mender client, run this as root. Then accept the device here.</Text>
      {token.error && <Failure error={token.error} onRetry={token.refetch} />}
      {token.data && <Command lines={connectDevice(SERVER_URL, token.data)} />}
      <Text size="sm">
        Devices with SWUpdate, RAUC or Zephyr:{' '}
        <Anchor component={Link} href="/settings/ddi" inherit underline="always">
          set up DDI
        </Anchor>
      </Text>
    </>
  )
}

const StepLink = ({ href, children }: { href: string; children: string }) => (
  <Button component={Link} href={href} variant="light" size="xs">
    {children}
  </Button>
)

function Step({ title, done, children }: { title: string; done: boolean; children: ReactNode }) {
  const Icon = done ? IconCircleCheckFilled : IconCircle
  return (
    <div className="step">
      <Icon color={`var(--mantine-color-${done ? 'teal' : 'gray'}-filled)`} aria-hidden />
      <Stack gap="xs" align="stretch">
        <Text fw={600}>
          {title}
          {done && (
            <Text span c="dimmed" fw={400}>
              {' '}
              · done
            </Text>
          )}
        </Text>
        {!done && (
          <Stack gap="xs" align="flex-start" className="step-content">
            {children}
          </Stack>
        )}
      </Stack>
    </div>
  )
}
