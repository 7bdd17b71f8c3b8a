import { type Static, Type } from 'typebox'

/** Versions listed by name; the others are only counted. */
export const MAX_VERSIONS = 8

const count = (description: string) => Type.Integer({ description })

/** Counts over all devices that the viewer sees. */
export const Fleet = Type.Object(
  {
    by_status: Type.Object(
      {
        accepted: count('Accepted devices'),
        pending: count('Pending devices'),
        rejected: count('Rejected devices'),
        preauthorized: count('Preauthorized devices'),
        noauth: count('Devices without an authentication set'),
      },
      { title: 'DevicesByStatus', description: 'Number of devices by status' },
    ),
    by_last_report: Type.Object(
      {
        hour: count('Within the last hour'),
        day: count('Within the last day, but not the last hour'),
        week: count('Within the last week, but not the last day'),
        longer: count('More than a week ago'),
        never: count('Never'),
      },
      {
        title: 'DevicesByLastReport',
        description: 'Number of accepted devices by the time of their last inventory report',
      },
    ),
    silent: count('Accepted devices that for over a week have neither reported nor been accepted or changed'),
    shared_identities: Type.Object(
      {
        count: count('Devices under whose identity another machine was noticed within the last week'),
        device_ids: Type.Array(Type.String(), { description: 'IDs of some of them' }),
      },
      {
        title: 'SharedIdentities',
        description: 'Identities that two machines use: two keys, or two machines by their reports, that take turns',
      },
    ),
    software: Type.Object(
      {
        versions: Type.Array(
          Type.Object(
            { artifact_name: Type.String({ description: 'Name of the artifact' }), count: count('Number of devices') },
            { title: 'SoftwareVersion', description: 'How many devices have an artifact' },
          ),
          { description: `The ${MAX_VERSIONS} most frequent values of inventory/artifact_name` },
        ),
        others: count('Devices with any other value'),
        other_versions: count('Number of other values'),
        unknown: count('Devices that have never reported it'),
      },
      { description: 'Accepted devices by the software that they run' },
    ),
  },
  { title: 'Fleet', description: 'All devices that the user sees, in numbers' },
)
export type Fleet = Static<typeof Fleet>
