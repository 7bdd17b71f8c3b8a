import { Text } from '@mantine/core'
import type { CSSProperties } from 'react'
import { Link } from 'wouter'
import { counted, whole } from '../../../src/texts/numbers.ts'
import { AUTH_STATUS_STYLES } from '../../../src/texts/statuses.ts'
import type { Fleet } from '../../api/overview.ts'
import { type Bar, Bars } from '../../parts/bars.tsx'
import { devicesOfStatus, devicesRunning, devicesSilent } from '../../parts/links.ts'

const STATUSES = ['accepted', 'pending', 'rejected', 'preauthorized', 'noauth'] as const
const ALWAYS_SHOWN: readonly string[] = ['accepted', 'pending', 'rejected']

/** The number of devices by status, with links to them. */
export function DevicesByStatus({ counts }: { counts: Fleet['by_status'] }) {
  // A fixed order, because the order of the members of a response is undefined.
  const shown = STATUSES.map((status) => [status, counts[status]] as const).filter(
    ([status, count]) => count > 0 || ALWAYS_SHOWN.includes(status),
  )
  return (
    <div className="tiles">
      {shown.map(([status, count]) => {
        const { label, color } = AUTH_STATUS_STYLES[status] ?? { label: status, color: 'gray' }
        return (
          <Link
            key={status}
            href={devicesOfStatus(status)}
            className="tile"
            style={{ '--tile-color': `var(--mantine-color-${color}-filled)` } as CSSProperties}
          >
            <Text size="xl" fw={650} className="numbers">
              {whole(count)}
            </Text>
            <Text size="sm">{label}</Text>
          </Link>
        )
      })}
    </div>
  )
}

/** Disjoint periods: each device is counted in one. */
const AGES = [
  ...([
    ['hour', 'Within the last hour', 'teal'],
    ['day', '1 to 24 hours ago', 'teal'],
  ] as const),
  ...([
    ['week', '1 to 7 days ago', 'cyan'],
    ['longer', 'Over 7 days ago', 'orange'],
    ['never', 'Not seen yet', 'gray'],
  ] as const),
] as const

export function LastReports({ counts }: { counts: Fleet['by_last_report'] }) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  if (total === 0) return <EmptyText>No devices have been accepted yet.</EmptyText>
  const bars = AGES.map(([age, label, color]): Bar => {
    const isSilent = (age === 'longer' || age === 'never') && counts[age] > 0
    return { label, count: counts[age], color, ...(isSilent ? { href: devicesSilent() } : {}) }
  })
  return <Bars of={bars} total={total} label="Accepted devices by their last report" />
}

export function Software({ software }: { software: Fleet['software'] }) {
  const { versions, others, other_versions, unknown } = software
  const total = versions.reduce((sum, { count }) => sum + count, 0) + others + unknown
  if (total === 0) return <EmptyText>No devices have reported their software yet.</EmptyText>
  const bars: Bar[] = versions.map(({ artifact_name, count }) => ({
    ...{ label: artifact_name, count, href: devicesRunning(artifact_name) },
  }))
  if (others > 0) bars.push({ label: counted(other_versions, 'other version'), count: others, color: 'gray' })
  if (unknown > 0) bars.push({ label: 'Not reported', count: unknown, color: 'gray' })
  return <Bars of={bars} total={total} label="Accepted devices by software" />
}

const EmptyText = ({ children }: { children: string }) => (
  <Text size="sm" c="dimmed">
    {children}
  </Text>
)
