import { Anchor, Group, Highlight, Text } from '@mantine/core'
import { Link } from 'wouter'
import { matchIn } from '../../../src/texts/device-names.ts'
import { AUTH_STATUS_STYLES } from '../../../src/texts/statuses.ts'
import type { Device } from '../../api/devices.ts'
import { CheckIn } from '../../parts/check-in.tsx'
import { attributeOf, dialectOf, statusOf, useNameOf } from '../../parts/device-facts.ts'
import { DialectChip } from '../../parts/dialect-chip.tsx'
import { devicePage } from '../../parts/links.ts'
import { PinChip } from '../../parts/pin/pin-chip.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Time } from '../../parts/time.tsx'
import { splitColumn } from './columns.ts'

/** The name, and what else of the device matches the search. */
export function Name({ device, searched }: { device: Device; searched: string }) {
  const name = useNameOf()(device)
  const match = matchIn(device, searched, name)
  return (
    <>
      <Group gap="xs">
        <Anchor component={Link} href={devicePage(device.id)} size="sm" fw={550} className="break-anywhere">
          <Highlight component="span" inherit highlight={searched}>
            {name}
          </Highlight>
        </Anchor>
        {dialectOf(device) === 'ddi' && <DialectChip dialect="ddi" />}
        <PinChip device={device} />
      </Group>
      {match && (
        <Text size="xs" c="dimmed" className="break-anywhere">
          {match.label}:{' '}
          <Highlight component="span" inherit highlight={searched}>
            {match.value}
          </Highlight>
        </Text>
      )}
    </>
  )
}

/** The value of one column. */
export function Cell({ device, column }: { device: Device; column: string }) {
  const { scope, name } = splitColumn(column)
  const value = attributeOf(device, scope, name)
  switch (column) {
    case 'identity/status':
      return <StatusChip statusStyle={AUTH_STATUS_STYLES[statusOf(device)]} status={statusOf(device)} />
    case 'system/check_in_time':
      return <CheckIn device={device} />
    case 'system/dialect':
      return <DialectChip dialect={dialectOf(device)} />
    case 'system/pinned_until':
      return value === undefined || value === 'forever' ? value : <Time at={value} />
    case 'system/created_ts':
    case 'system/updated_ts':
      return value === undefined ? null : <Time at={value} />
    default:
      return value
  }
}
