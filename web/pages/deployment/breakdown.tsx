import { Group, getThemeColor, Text, Title, UnstyledButton, useMantineTheme } from '@mantine/core'
import type { DeviceStatus } from '../../../src/deployments/device-status.ts'
import { whole } from '../../../src/texts/numbers.ts'
import { totalOf } from '../../../src/texts/progress.ts'
import { DEVICE_STATUS_ORDER, DEVICE_STATUS_STYLES } from '../../../src/texts/statuses.ts'
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
  const toggle = (status: DeviceStatus) => change({ status: status === chosen ? '' : status, page: '' })
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
      <Group gap={6} my="sm" role="group" aria-label="Filter by status">
        {shown.map((status) => (
          <UnstyledButton
            key={status}
            className="status-filter"
            aria-pressed={status === chosen}
            title={DEVICE_STATUS_STYLES[status].description}
            onClick={() => toggle(status)}
          >
            <span className="dot" style={{ background: colorOf(status) }} />
            <Text size="sm" component="span" className="numbers">
              <b>{whole(counts[status])}</b> {DEVICE_STATUS_STYLES[status].label}
            </Text>
          </UnstyledButton>
        ))}
      </Group>
    </>
  )
}

const deviceCount = (counts: Record<DeviceStatus, number>) => Object.values(counts).reduce((all, one) => all + one, 0)
