import { Text } from '@mantine/core'
import type { CSSProperties } from 'react'
import { Link } from 'wouter'
import type { Fleet } from '../../api/overview.ts'
import { type Bar, Bars } from '../../parts/bars.tsx'
import { devicesOfStatus, devicesRunning, devicesSilent } from '../../parts/links.ts'
import { counted, whole } from '../../parts/numbers.ts'
import { AUTH_LOOK } from '../../parts/status.ts'

const ALWAYS_SHOWN = ['accepted', 'pending', 'rejected']

/** Each a way to its devices. */
export function DevicesByStatus({ counts }: { counts: Fleet['by_status'] }) {
  const shown = Object.entries(counts).filter(([status, count]) => count > 0 || ALWAYS_SHOWN.includes(status))
  return (
    <div className="tiles">
      {shown.map(([status, count]) => {
        const { label, color } = AUTH_LOOK[status] ?? { label: status, color: 'gray' }
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

const AGES = [
  ...([
    ['hour', 'Within the last hour', 'teal'],
    ['day', 'Within the last day', 'teal'],
  ] as const),
  ...([
    ['week', 'Within the last week', 'cyan'],
    ['longer', 'Longer ago', 'orange'],
    ['never', 'Never', 'gray'],
  ] as const),
] as const

export function LastReports({ counts }: { counts: Fleet['by_last_report'] }) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  if (total === 0) return <Nothing>No device has been let in yet.</Nothing>
  const bars = AGES.map(([age, label, color]): Bar => {
    const isSilent = (age === 'longer' || age === 'never') && counts[age] > 0
    return { label, count: counts[age], color, ...(isSilent ? { href: devicesSilent() } : {}) }
  })
  return <Bars of={bars} total={total} label="Accepted devices by their last report" />
}

export function Software({ software }: { software: Fleet['software'] }) {
  const { versions, others, other_versions, unknown } = software
  const total = versions.reduce((sum, { count }) => sum + count, 0) + others + unknown
  if (total === 0) return <Nothing>No device has told what it runs yet.</Nothing>
  const bars: Bar[] = versions.map(({ artifact_name, count }) => ({
    ...{ label: artifact_name, count, href: devicesRunning(artifact_name) },
  }))
  if (others > 0) bars.push({ label: counted(other_versions, 'other version'), count: others, color: 'gray' })
  if (unknown > 0) bars.push({ label: 'Not reported', count: unknown, color: 'gray' })
  return <Bars of={bars} total={total} label="Accepted devices by software" />
}

const Nothing = ({ children }: { children: string }) => (
  <Text size="sm" c="dimmed">
    {children}
  </Text>
)
