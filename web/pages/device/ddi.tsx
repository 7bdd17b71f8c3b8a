import { Anchor, Button, Group, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import {
  askForAttributes,
  type DdiAction,
  type DdiDevice,
  removeTargetToken,
  useDdiDevice,
  useDdiDevicesChanged,
  useDdiSettings,
} from '../../api/ddi.ts'
import { useMay } from '../../api/session.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Failure } from '../../parts/failure.tsx'
import { deploymentPage } from '../../parts/links.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { Ago, Time } from '../../parts/time.tsx'
import { Copyable } from './summary.tsx'
import { NewTargetToken } from './target-token.tsx'

/** What a device has that speaks Direct Device Integration: its token, and its newest action. */
export function Ddi({ id }: { id: string }) {
  const device = useDdiDevice(id)
  const may = useMay()
  return (
    <Section title="Direct Device Integration">
      <Loaded query={device} lines={4}>
        {(found) => (
          <>
            <Facts
              of={[
                ['Controller ID', <Copyable key="id" text={found.controller_id} />],
                ['Target token', <TargetToken key="token" device={found} />],
                ['Attributes', found.wants_config_data ? 'asked for at its next poll' : 'not asked for'],
                ['Newest action', found.action ? <Action key="action" action={found.action} /> : 'none'],
              ]}
            />
            {may('devices') && <Buttons device={found} />}
          </>
        )}
      </Loaded>
    </Section>
  )
}

function TargetToken({ device: { has_target_token } }: { device: DdiDevice }) {
  const { data: settings } = useDdiSettings()
  if (!has_target_token) return 'none'
  if (settings?.target_token !== false) return 'set'
  return (
    <>
      set, but target tokens are switched off in{' '}
      <Anchor component={Link} href="/settings/ddi" inherit underline="always">
        the settings
      </Anchor>
    </>
  )
}

function Action({ action }: { action: DdiAction }) {
  const { id, deployment_id, attempt } = action
  const may = useMay()
  return (
    <>
      <span className="numbers">
        {id}, attempt {attempt}: <State action={action} />
      </span>
      {may('read_deployments') && (
        <>
          {' · '}
          <Anchor component={Link} href={deploymentPage(deployment_id)} inherit underline="always">
            View deployment
          </Anchor>
        </>
      )}
    </>
  )
}

function State({ action: { created, downloaded, cancel_since, closed } }: { action: DdiAction }): ReactNode {
  if (closed)
    return (
      <>
        closed <Time at={closed} />
      </>
    )
  if (cancel_since)
    return (
      <>
        cancelled <Ago at={cancel_since} />, not confirmed by the device yet
      </>
    )
  return (
    <>
      {downloaded ? 'downloaded' : 'open'}, created <Ago at={created} />
    </>
  )
}

type OpenDialog = 'make' | 'remove'

function Buttons({ device }: { device: DdiDevice }) {
  const { device_id, has_target_token, wants_config_data } = device
  const [dialog, setDialog] = useState<OpenDialog>()
  const onChanged = useDdiDevicesChanged()
  const ask = useMutation({ mutationFn: () => askForAttributes(device_id), onSuccess: onChanged })
  const close = () => setDialog(undefined)
  return (
    <>
      {ask.error && <Failure error={ask.error} />}
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={() => setDialog('make')}>
          {has_target_token ? 'Renew target token' : 'Make target token'}
        </Button>
        {has_target_token && (
          <Button size="xs" variant="subtle" color="red" onClick={() => setDialog('remove')}>
            Remove target token
          </Button>
        )}
        <Button
          size="xs"
          variant="default"
          disabled={wants_config_data}
          loading={ask.isPending}
          onClick={() => ask.mutate()}
        >
          Ask for attributes
        </Button>
      </Group>
      {dialog === 'make' && <NewTargetToken device={device} onClose={close} />}
      {dialog === 'remove' && (
        <Confirm
          title="Remove the target token?"
          action="Remove target token"
          onConfirm={() => removeTargetToken(device_id).then(onChanged)}
          onClose={close}
        >
          <Text size="sm">
            The token ends at once. The device loses access, unless it has a gateway token or a client certificate.
          </Text>
        </Confirm>
      )}
    </>
  )
}
