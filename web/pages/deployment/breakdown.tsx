import { Group, getThemeColor, Text, Title, UnstyledButton, useMantineTheme } from '@mantine/core'
import type { DeviceStatus } from '../../../src/deployments/device-status.ts'
import { whole } from '../../../src/texts/numbers.ts'
import { totalOf } from '../../../src/texts/progress.ts'
import { DEVICE_STATUS_ORDER, DEVICE_STATUS_STYLES, type StatusStyle } from '../../../src/texts/statuses.ts'
import type { Deployment } from '../../api/deployments.ts'
import { useQueryState } from '../../api/use-query-state.ts'

/** The devices by status. Each segment filters the table below. */
export function Breakdown({ deployment }: { deployment: Deployment }) {
  const [params, change] = useQueryState()
  const chosen = params.get('status') ?? ''
  const theme = useMantineTheme()
  const colorOf = (status: DeviceStatus) => getThemeColor(DEVICE_STATUS_STYLES[status].color, theme)
  const counts = deployment.statistics.status
  const shown = DEVICE_STATUS_ORDER.filter((status) => counts[status] > 0 || status === chosen)
  const toggle = (status: string) => change({ status: status === chosen ? '' : status, reason: '', page: '' })
  return (
    <>
      <Title order={2} id="devices-heading" mb="sm">
        Devices
      </Title>
      <div className="breakdown" aria-hidden>
        {shown.map((status) => (
          <button
            key={status}
            type="button"
            tabIndex={-1}
            title={`${whole(counts[status])} ${DEVICE_STATUS_STYLES[status].label.toLowerCase()}`}
            style={{ flexGrow: counts[status], background: colorOf(status) }}
            onClick={() => toggle(status)}
          />
        ))}
        <span style={{ flexGrow: Math.max(0, totalOf(deployment) - deviceCount(counts)) }} />
      </div>
      <Group gap="xs" my="sm" role="group" aria-label="Filter by status">
        {shown.map((status) => (
          <Filter
            key={status}
            {...DEVICE_STATUS_STYLES[status]}
            count={counts[status]}
            color={colorOf(status)}
            isChosen={status === chosen}
            onToggle={() => toggle(status)}
          />
        ))}
        {standingsOf(deployment).map(({ status, count, ...style }) =>
          count > 0 || status === chosen ? (
            <Filter
              key={status}
              {...style}
              count={count}
              color={getThemeColor(style.color, theme)}
              isChosen={status === chosen}
              onToggle={() => toggle(status)}
            />
          ) : null,
        )}
      </Group>
    </>
  )
}

type FilterProps = StatusStyle & { count: number; isChosen: boolean; onToggle: () => void }

const Filter = ({ label, color, description, count, isChosen, onToggle }: FilterProps) => (
  <UnstyledButton className="status-filter" aria-pressed={isChosen} title={description} onClick={onToggle}>
    <span className="dot" style={{ background: color }} />
    <Text size="sm" component="span" className="numbers">
      <b>{whole(count)}</b> {label}
    </Text>
  </UnstyledButton>
)

/** How devices stand whose status does not say it. They are also counted by their status. */
const standingsOf = ({ rollout }: Deployment) => [
  {
    ...{ status: 'timed_out', label: 'Timed out', color: 'orange', count: rollout.timed_out },
    description: 'has not ended in time, and counts as failed',
  },
  {
    ...{ status: 'unconfirmed', label: 'Unconfirmed', color: 'yellow' },
    count: rollout.unconfirmed + rollout.unconfirmed_in_time,
    description: 'reported success, but has not polled again since',
  },
]

const deviceCount = (counts: Record<DeviceStatus, number>) => Object.values(counts).reduce((all, one) => all + one, 0)
