import { type Static, Type } from 'typebox'

/** Device types that are listed; the others are only counted. */
export const MAX_DEVICE_TYPES = 100

const time = (description: string) => Type.String({ format: 'date-time', description })

export const SoftwareUse = Type.Object(
  {
    artifact_name: Type.String({ description: 'Name of the artifact' }),
    count: Type.Integer({ description: 'Accepted devices that report this artifact' }),
    device_types: Type.Array(
      Type.Object(
        {
          device_type: Type.Union([Type.String(), Type.Null()], { description: 'The device type; null: not reported' }),
          count: Type.Integer({ description: 'Number of devices' }),
        },
        { title: 'DevicesOfType', description: 'How many devices of a type have the artifact' },
      ),
      { description: `These devices by device type: the ${MAX_DEVICE_TYPES} most frequent` },
    ),
    past: Type.Optional(
      Type.Object(
        {
          counted_since: Type.Optional(time('When the fleet was counted for the first time; absent: not yet')),
          first_seen: Type.Optional(time('The first of these counts that has the artifact; absent: none has')),
          points: Type.Array(
            Type.Object(
              {
                time: time('When the devices were counted'),
                count: Type.Integer({ description: 'Accepted devices that reported the artifact' }),
              },
              { title: 'SoftwareUsePoint', description: 'How many devices had the artifact at a time' },
            ),
            { description: 'The counts since then, in the order of time; steps as in the timeline of the fleet' },
          ),
        },
        {
          description:
            'From the timeline of the fleet, which names the most frequent software only; absent if the user sees only some devices',
        },
      ),
    ),
  },
  { title: 'SoftwareUse', description: 'How many devices have an artifact, and since when' },
)
export type SoftwareUse = Static<typeof SoftwareUse>
