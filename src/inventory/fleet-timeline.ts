import { type Static, Type } from 'typebox'
import { Fleet } from './fleet.ts'

/** Combinations of software and device type that a sample names; the others are only counted. */
export const MAX_KINDS = 100

const count = (description: string) => Type.Integer({ description })

export const FleetCounts = Type.Object({
  by_status: Fleet.properties.by_status,
  by_last_report: Fleet.properties.by_last_report,
  seen_today: count('Accepted devices that have checked in since midnight, UTC'),
  software: Type.Array(
    Type.Object(
      {
        artifact_name: Type.String({ description: 'Name of the artifact' }),
        device_type: Type.Union([Type.String(), Type.Null()], { description: 'The device type; null: not reported' }),
        count: count('Number of devices'),
      },
      { title: 'SoftwareOnDeviceType', description: 'How many devices of a type have an artifact' },
    ),
    { description: `Accepted devices by their software and device type: the ${MAX_KINDS} most frequent` },
  ),
  others: count('Accepted devices with other software'),
  unknown: count('Accepted devices that have never reported their software'),
})
export type FleetCounts = Static<typeof FleetCounts>

export const FleetPoint = Type.Object(
  {
    time: Type.String({ format: 'date-time', description: 'When the devices were counted' }),
    ...FleetCounts.properties,
  },
  { title: 'FleetPoint', description: 'All devices of the tenant at a time' },
)
export type FleetPoint = Static<typeof FleetPoint>

export const FleetTimeline = Type.Object(
  { points: Type.Array(FleetPoint, { description: 'In the order of time' }) },
  { title: 'FleetTimeline', description: 'The past of all devices in numbers' },
)
export type FleetTimeline = Static<typeof FleetTimeline>

/** A column for each number, and one for each kind of software that any of the points names. */
export function toTable(points: readonly FleetPoint[]): string[][] {
  const kinds = new Map(points.flatMap(({ software }) => software.map((kind) => [kindKey(kind), kindTitle(kind)])))
  const columns = {
    by_status: Object.keys(Fleet.properties.by_status.properties) as (keyof FleetPoint['by_status'])[],
    by_last_report: Object.keys(Fleet.properties.by_last_report.properties) as (keyof FleetPoint['by_last_report'])[],
  }
  const header = [
    ...['time', ...columns.by_status, ...columns.by_last_report.map((age) => `last_report_${age}`)],
    ...['seen_today', ...kinds.values(), 'others', 'unknown'],
  ]
  return [
    header,
    ...points.map(({ time, by_status, by_last_report, seen_today, software, others, unknown }) => {
      const counts = new Map(software.map((kind) => [kindKey(kind), kind.count]))
      const numbers = [
        ...columns.by_status.map((status) => by_status[status]),
        ...columns.by_last_report.map((age) => by_last_report[age]),
        ...[seen_today, ...[...kinds.keys()].map((kind) => counts.get(kind) ?? 0), others, unknown],
      ]
      return [time, ...numbers.map(String)]
    }),
  ]
}

type Kind = FleetPoint['software'][number]
const kindKey = ({ artifact_name, device_type }: Kind): string => JSON.stringify([artifact_name, device_type])
const kindTitle = ({ artifact_name, device_type }: Kind): string =>
  device_type === null ? artifact_name : `${artifact_name} (${device_type})`
