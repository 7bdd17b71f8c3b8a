import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core'
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconClock,
  IconCopy,
  IconPlayerPause,
  IconRefresh,
  IconUserQuestion,
  IconZzz,
} from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { type DeviceSummary, useDeviceSummary } from '../../api/devices.ts'
import { useMay } from '../../api/session.ts'
import { deploymentPage } from '../../parts/links.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Ago, TextWithDays } from '../../parts/time.tsx'
import { Log } from './history.tsx'

type Look = { icon: ReactNode; color: string }

const WAITS: Look = { icon: <IconClock />, color: 'yellow' }
const FAILED: Look = { icon: <IconAlertTriangle />, color: 'red' }
const WORKS: Look = { icon: <IconRefresh />, color: 'blue' }
const DONE: Look = { icon: <IconCircleCheck />, color: 'teal' }
const NOTHING: Look = { icon: <IconCircleCheck />, color: 'gray' }

const LOOKS: Readonly<Record<DeviceSummary['code'], Look>> = {
  not_accepted: { icon: <IconUserQuestion />, color: 'yellow' },
  silent: { icon: <IconZzz />, color: 'orange' },
  never_seen: { icon: <IconZzz />, color: 'gray' },
  awaits_user: { icon: <IconPlayerPause />, color: 'yellow' },
  paused: { icon: <IconPlayerPause />, color: 'orange' },
  ...{ timed_out: FAILED, failed: FAILED, no_artifact: FAILED, blocked: FAILED },
  ...{ waiting: WAITS, awaits_retry: WAITS, unconfirmed: WAITS, aborted: WAITS, other_software: WAITS },
  ...{ in_progress: WORKS, next_poll: WORKS, up_to_date: DONE },
  ...{ downgrade: NOTHING, nothing: NOTHING },
}

/** `onAccept`: undefined if the user may not accept the device, or has to choose among its keys. */
type Props = { id: string; onAccept: (() => void) | undefined }

/** The state of the device in a sentence, and what helps. */
export function State({ id, onAccept }: Props) {
  const summary = useDeviceSummary(id)
  return (
    <section className="card" aria-label="State of the device">
      <Loaded query={summary} lines={1}>
        {(state) => (
          <Group gap="sm" wrap="nowrap" align="flex-start">
            <Text component="span" c={`var(--mantine-color-${LOOKS[state.code].color}-filled)`} lh={1} aria-hidden>
              {LOOKS[state.code].icon}
            </Text>
            <Stack gap="xs" flex={1} miw={0}>
              <Text size="lg" fw={550} className="break-anywhere" lh={1.35}>
                <TextWithDays text={state.message} />
              </Text>
              <Help id={id} state={state} onAccept={onAccept} />
              {state.shared_identity && <SharedIdentity {...state.shared_identity} />}
            </Stack>
          </Group>
        )}
      </Loaded>
    </section>
  )
}

const SHARED = {
  keys:
    'Another key asks for access with the identity of this device, while its accepted key is in use: two machines take ' +
    'turns, as after copying a disk. If the other key is not of this device, reject it below, and give the other ' +
    'machine an identity of its own. A device that has another key after each update does this, too.',
  reports:
    'What this device reports of its machine goes back and forth: two machines with the same key take turns under this ' +
    'identity, as after copying a disk. Give one of them an identity and a key of its own. Until then, what you see ' +
    'here is sometimes the state of one and sometimes that of the other.',
} as const

function SharedIdentity({ noticed, by }: NonNullable<DeviceSummary['shared_identity']>) {
  return (
    <Alert color="orange" variant="light" icon={<IconCopy aria-hidden />} title="This identity is in use twice">
      <Text size="sm">
        {SHARED[by]} Last noticed <Ago at={noticed} />.
      </Text>
    </Alert>
  )
}

function Help({ id, state, onAccept }: Props & { state: DeviceSummary }) {
  const may = useMay()
  const { code, deployment, reason, log } = state
  if (code === 'not_accepted' && onAccept)
    return (
      <div>
        <Button onClick={onAccept}>Accept</Button>
      </div>
    )
  if (log && deployment) return <ShowLog device_id={id} deployment_id={deployment.id} />
  if (code === 'silent' || code === 'never_seen')
    return (
      <Text size="sm" c="dimmed">
        It always calls the server, never the other way round: check its power and its network.
      </Text>
    )
  if (reason === 'no_device_type') return <HelpLink href="/settings/ddi">Open the settings of DDI</HelpLink>
  if (reason === 'no_artifact' || code === 'no_artifact')
    return <HelpLink href="/releases">Upload an artifact for its device type</HelpLink>
  if (!deployment || code === 'up_to_date') return null
  const page = deploymentPage(deployment.id)
  if (code === 'paused' && may('deployments'))
    return <HelpLink href={page}>Open {deployment.name} to resume it</HelpLink>
  return <HelpLink href={page}>Open {deployment.name}</HelpLink>
}

const HelpLink = ({ href, children }: { href: string; children: ReactNode }) => (
  <Text size="sm">
    <Anchor component={Link} href={href} inherit underline="always" className="break-anywhere">
      {children}
    </Anchor>
  </Text>
)

function ShowLog(ids: { device_id: string; deployment_id: string }) {
  const [shown, setShown] = useState(false)
  return (
    <>
      <div>
        <Button size="compact-sm" variant="default" aria-expanded={shown} onClick={() => setShown(!shown)}>
          {shown ? 'Hide its log' : 'Read its log'}
        </Button>
      </div>
      {shown && <Log {...ids} />}
    </>
  )
}
