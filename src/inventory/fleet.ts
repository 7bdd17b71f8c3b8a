import { type Static, Type } from 'typebox'

/** Versions listed by name; the others are only counted. */
export const MAX_VERSIONS = 8

const Count = Type.Integer()

/** Counts over all devices that the asker sees. */
export const Fleet = Type.Object({
  by_status: Type.Object({ accepted: Count, pending: Count, rejected: Count, preauthorized: Count, noauth: Count }),
  by_last_report: Type.Object(
    { hour: Count, day: Count, week: Count, longer: Count, never: Count },
    { description: 'Accepted devices by how long ago they last reported their inventory, each counted once' },
  ),
  silent: Type.Integer({
    description: 'Accepted devices that have not reported for over a week, nor been accepted or changed since',
  }),
  software: Type.Object(
    {
      versions: Type.Array(Type.Object({ artifact_name: Type.String(), count: Count }), {
        description: `The ${MAX_VERSIONS} most frequent values of inventory/artifact_name`,
      }),
      others: Type.Integer({ description: 'Devices with any other' }),
      other_versions: Type.Integer({ description: 'How many others there are' }),
      unknown: Type.Integer({ description: 'Devices that never told' }),
    },
    { description: 'Accepted devices by the software that they run' },
  ),
})
export type Fleet = Static<typeof Fleet>
