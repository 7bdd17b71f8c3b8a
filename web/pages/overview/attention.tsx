import { Anchor, Group, Text } from '@mantine/core'
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconClockPause,
  IconInfoCircle,
  IconUserQuestion,
  IconZzz,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { counted, percent, whole } from '../../../src/texts/numbers.ts'
import type { DeploymentsOverview, Fleet } from '../../api/overview.ts'
import { useMay } from '../../api/session.ts'
import { deploymentPage, devicesOfStatus, devicesSilent } from '../../parts/links.ts'
import { Ago } from '../../parts/time.tsx'

type Props = { deployments: DeploymentsOverview; fleet: Fleet | undefined }
type Trouble = DeploymentsOverview['troubles'][number]

/** What needs attention, most urgent first. */
export function Attention({ deployments: { troubles, troubled }, fleet }: Props) {
  const may = useMay()
  const pending = fleet?.by_status.pending ?? 0
  const silent = fleet?.silent ?? 0
  if (troubled === 0 && pending === 0 && silent === 0)
    return (
      <Group gap="sm" wrap="nowrap">
        <IconCircleCheck color="var(--mantine-color-teal-filled)" aria-hidden />
        <Text size="sm">All clear</Text>
      </Group>
    )
  return (
    <ul className="overview-rows">
      {troubles.map((trouble) => (
        <TroubleItem key={trouble.id} trouble={trouble} />
      ))}
      {troubled > troubles.length && (
        <Text component="li" size="sm" c="dimmed">
          and {counted(troubled - troubles.length, 'more deployment')}
        </Text>
      )}
      {pending > 0 && (
        <Item icon={<IconUserQuestion />} color="yellow" href={devicesOfStatus('pending')} title={waiting(pending)}>
          {may('devices')
            ? 'Accept or reject them. Until they are accepted, they receive no updates.'
            : 'Until they are accepted, they receive no updates.'}
        </Item>
      )}
      {silent > 0 && (
        <Item icon={<IconZzz />} color="gray" href={devicesSilent()} title={counted(silent, 'silent device')}>
          Accepted, but not seen for over a week. They may be switched off or unable to reach the server.
        </Item>
      )}
    </ul>
  )
}

const waiting = (count: number) => `${counted(count, 'device')} waiting to be accepted`

const STYLES = {
  critical: { icon: <IconAlertTriangle />, color: 'red' },
  warning: { icon: <IconAlertTriangle />, color: 'orange' },
  minor: { icon: <IconInfoCircle />, color: 'gray' },
} as const

const WAITING = { icon: <IconClockPause />, color: 'orange' } as const

const STATE_TEXTS = {
  tripped: 'Paused by its failure policy.',
  paused: 'Paused by a user.',
  awaiting_approval: 'The next phase waits for an approval.',
} as const

function TroubleItem({ trouble }: { trouble: Trouble }) {
  const { id, name, severity, failure, noartifact, ended, outstanding, stuck_since, state } = trouble
  const share = (count: number) => `${whole(count)} of ${counted(ended, 'device')}`
  const texts = [
    state ? STATE_TEXTS[state] : '',
    failure > 0 ? `${share(failure)} failed (${percent(failure, ended)}).` : '',
    noartifact > 0 ? `No artifact for the device type of ${share(noartifact)} (${percent(noartifact, ended)}).` : '',
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
  <li>
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
  </li>
)
