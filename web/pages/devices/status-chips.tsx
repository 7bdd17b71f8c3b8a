import { Chip, Group } from '@mantine/core'
import { whole } from '../../../src/texts/numbers.ts'
import { useDeviceCounts } from '../../api/devices.ts'
import { usePinnedCount } from '../../api/pins.ts'
import { PINNED_ONES, STATUSES, statusLabel } from './address.ts'

type Props = { status: string; onChange: (status: string) => void }

/** Filters the list by status, or by pins if there are any; shows the number of devices of each. */
export function StatusChips({ status, onChange }: Props) {
  const { data: counts } = useDeviceCounts()
  const { data: pinned = 0 } = usePinnedCount()
  return (
    <Chip.Group value={status} onChange={(next) => onChange(String(next))}>
      <Group gap="xs" role="radiogroup" aria-label="Status">
        <Chip value="" variant="light">
          All
        </Chip>
        {STATUSES.map((one) => (
          <Chip key={one} value={one} variant="light">
            <span className="numbers">
              {statusLabel(one)} {counts ? whole(counts[one]) : ''}
            </span>
          </Chip>
        ))}
        {(pinned > 0 || status === PINNED_ONES) && (
          <Chip value={PINNED_ONES} variant="light">
            <span className="numbers">
              {statusLabel(PINNED_ONES)} {whole(pinned)}
            </span>
          </Chip>
        )}
      </Group>
    </Chip.Group>
  )
}
