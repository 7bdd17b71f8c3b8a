import { Chip, Group } from '@mantine/core'
import { whole } from '../../../src/texts/numbers.ts'
import { AUTH_STATUS_STYLES } from '../../../src/texts/statuses.ts'
import { useDeviceCounts } from '../../api/devices.ts'
import { STATUSES } from './address.ts'

type Props = { status: string; onChange: (status: string) => void }

/** Filters the list by status; shows the number of devices of each. */
export function StatusChips({ status, onChange }: Props) {
  const { data: counts } = useDeviceCounts()
  return (
    <Chip.Group value={status} onChange={(next) => onChange(String(next))}>
      <Group gap="xs" role="radiogroup" aria-label="Status">
        <Chip value="" variant="light">
          All
        </Chip>
        {STATUSES.map((one) => (
          <Chip key={one} value={one} variant="light">
            <span className="numbers">
              {AUTH_STATUS_STYLES[one]?.label} {counts ? whole(counts[one]) : ''}
            </span>
          </Chip>
        ))}
      </Group>
    </Chip.Group>
  )
}
