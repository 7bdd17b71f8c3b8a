import { Anchor, Group, Text } from '@mantine/core'
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconClockPause,
  IconCopy,
  IconInfoCircle,
  IconUserQuestion,
  IconZzz,
} from '@tabler/icons-react'
import type { UseQueryResult } from '@tanstack/react-query'
import { Fragment, type ReactNode } from 'react'
import { Link } from 'wouter'
import { lateText, weightOf } from '../../../src/texts/attention.ts'
import { counted, percent, whole } from '../../../src/texts/numbers.ts'
import type { DeploymentsOverview, Fleet } from '../../api/overview.ts'
import { useMay } from '../../api/session.ts'
import { deploymentPage, devicePage, devicesOfStatus, devicesSilent } from '../../parts/links.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Ago, Time } from '../../parts/time.tsx'

type Props = { deployments: DeploymentsOverview; fleet: UseQueryResult<Fleet> }
type Trouble = DeploymentsOverview['troubles'][number]

type Row = { key: string; weight: number; item: ReactNode }

/** What needs attention, by what it weighs. */
export function Attention({ deployments: { troubles, troubled, quiet_since }, fleet }: Props) {
  const may = useMay()
  const rows = [
    ...troubles.map(
      (trouble): Row => ({
        ...{ key: trouble.id, weight: trouble.weight, item: <TroubleItem trouble={trouble} /> },
      }),
    ),
    ...(fleet.data ? fleetRows(fleet.data, may('devices')) : []),
  ].sort((a, b) => b.weight - a.weight)
  // Counting a large fleet takes longer than reading the deployments.
  if (rows.length === 0)
    return (
      <Loaded query={fleet} lines={1}>
        {() => <Quiet since={quiet_since} />}
      </Loaded>
    )
  return (
    <ul className="overview-rows">
      {rows.map(({ key, item }) => (
        <li key={key}>{item}</li>
      ))}
      {troubled > troubles.length && (
        <Text component="li" size="sm" c="dimmed">
          and {counted(troubled - troubles.length, 'more deployment')}
        </Text>
      )}
    </ul>
  )
}

const Quiet = ({ since }: { since: string | undefined }) => (
  <Group gap="sm" wrap="nowrap">
    <IconCircleCheck color="var(--mantine-color-teal-filled)" aria-hidden />
    <Text size="sm">
      Nothing needs attention
      {since && (
        <>
          {' '}
          since <Time at={since} />
        </>
      )}
    </Text>
  </Group>
)

/** What of the devices needs attention. */
function fleetRows({ by_status, silent, shared_identities }: Fleet, mayAccept: boolean): Row[] {
  const { pending, accepted } = by_status
  const { count: shared, device_ids } = shared_identities
  const isWaiting = (
    <Item icon={<IconUserQuestion />} color="yellow" href={devicesOfStatus('pending')} title={waiting(pending)}>
      {mayAccept
        ? 'Accept or reject them. Until they are accepted, they receive no updates.'
        : 'Until they are accepted, they receive no updates.'}
    </Item>
  )
  const isSilent = (
    <Item icon={<IconZzz />} color="gray" href={devicesSilent()} title={counted(silent, 'silent device')}>
      {percent(silent, accepted)} of the accepted devices were not seen for over a week. They may be switched off or
      unable to reach the server.
    </Item>
  )
  const isShared = (
    <Item icon={<IconCopy />} color="orange" href={devicePage(device_ids[0] ?? '')} title={sharedTitle(shared)}>
      Two machines take turns under one identity, as after copying a disk.{' '}
      {device_ids.slice(1).map((id) => (
        <Fragment key={id}>
          <Anchor component={Link} href={devicePage(id)} inherit underline="always">
            {id}
          </Anchor>{' '}
        </Fragment>
      ))}
    </Item>
  )
  return [
    ...(shared > 0
      ? [{ key: 'shared', weight: weightOf('shared_identities', { affected: shared, of: accepted }), item: isShared }]
      : []),
    ...(pending > 0
      ? [
          {
            key: 'pending',
            weight: weightOf('pending', { affected: pending, of: pending + accepted }),
            item: isWaiting,
          },
        ]
      : []),
    ...(silent > 0
      ? [{ key: 'silent', weight: weightOf('silent', { affected: silent, of: accepted }), item: isSilent }]
      : []),
  ]
}

const sharedTitle = (count: number) => counted(count, 'identity in use twice', 'identities in use twice')

const waiting = (count: number) => `${counted(count, 'device')} waiting to be accepted`

const STYLES = {
  critical: { icon: <IconAlertTriangle />, color: 'red' },
  warning: { icon: <IconAlertTriangle />, color: 'orange' },
  minor: { icon: <IconInfoCircle />, color: 'gray' },
} as const

const WAITING = { icon: <IconClockPause />, color: 'orange' } as const

const waitText = (count: number) => `${counted(count, 'device')} not finished.`

const STATE_TEXTS = {
  tripped: 'Paused by its failure policy.',
  paused: 'Paused by a user.',
  awaiting_approval: 'The next phase waits for an approval.',
} as const

function TroubleItem({ trouble }: { trouble: Trouble }) {
  const { id, name, severity, failure, noartifact, ended, outstanding, stuck_since, state, late } = trouble
  const share = (count: number) => `${whole(count)} of ${counted(ended, 'device')}`
  const texts = [
    state ? `${STATE_TEXTS[state]}${outstanding > 0 ? ` ${waitText(outstanding)}` : ''}` : '',
    failure > 0 ? `${share(failure)} failed (${percent(failure, ended)}).` : '',
    noartifact > 0 ? `No artifact for the device type of ${share(noartifact)} (${percent(noartifact, ended)}).` : '',
    late ? lateText(late) : '',
  ]
  const style = severity === 'warning' && failure + noartifact === 0 ? WAITING : STYLES[severity]
  return (
    <Item {...style} href={deploymentPage(id)} title={name}>
      {texts.filter(Boolean).join(' ')}
      {stuck_since && (
        <>
          {' '}
          Stuck: {counted(outstanding, 'device')} not finished, last progress <Ago at={stuck_since} />.
        </>
      )}
    </Item>
  )
}

type ItemProps = { icon: ReactNode; color: string; href: string; title: string; children: ReactNode }

const Item = ({ icon, color, href, title, children }: ItemProps) => (
  <Group gap="sm" wrap="nowrap" align="flex-start">
    <Text component="span" c={`var(--mantine-color-${color}-filled)`} lh={1} aria-hidden>
      {icon}
    </Text>
    <div>
      <Anchor component={Link} href={href} fw={600} size="sm">
        {title}
      </Anchor>
      <Text size="sm">{children}</Text>
    </div>
  </Group>
)
