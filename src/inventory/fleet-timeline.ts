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
