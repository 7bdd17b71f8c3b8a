import { type Static, Type } from 'typebox'
import { orNull } from '../deployments/rollout/members.ts'
import { invalidBody, invalidField } from '../errors.ts'

const MAX_KEYS = 100
const MAX_LENGTH = 4096

export const Configuration = Type.Unsafe<Readonly<Record<string, string>>>({
  ...{ type: 'object', maxProperties: MAX_KEYS, additionalProperties: { type: 'string', maxLength: MAX_LENGTH } },
  title: 'Configuration',
  description: `At most ${MAX_KEYS} texts by key, each of at most ${MAX_LENGTH} characters`,
})
export type Configuration = Static<typeof Configuration>

/** What the schema cannot say in every version of OpenAPI. */
export function requireConfiguration(configuration: Configuration): void {
  for (const key of Object.keys(configuration)) {
    if (key === '') throw invalidBody('a key cannot be blank')
    if (key.length > MAX_LENGTH)
      throw invalidField(`${key.slice(0, 64)}...`, `the key must be at most ${MAX_LENGTH} characters long`)
  }
}

export const DeviceConfiguration = Type.Object(
  {
    id: Type.String({ description: 'ID of the device' }),
    configured: Configuration,
    reported: Configuration,
    deployment_id: Type.Optional(
      Type.String({ description: 'ID of the newest deployment of a configuration to the device; absent: none' }),
    ),
    reported_ts: Type.Optional(
      Type.String({ format: 'date-time', description: 'When the device reported last; absent: never' }),
    ),
    updated_ts: Type.String({
      format: 'date-time',
      description: 'When `configured` was set last; if it never was, when the device was created',
    }),
  },
  {
    title: 'DeviceConfiguration',
    description: 'What users want a device to be configured with (`configured`), and what it reports (`reported`)',
  },
)
export type DeviceConfiguration = Static<typeof DeviceConfiguration>

export const NewConfigurationDeployment = Type.Object(
  {
    retries: orNull(
      'Number of further attempts after a failure; by default 0',
      Type.Integer({ minimum: 0, maximum: 1000 }),
    ),
    update_control_map: orNull(
      'Where the device pauses or stops the update, as Mender defines it',
      Type.Record(Type.String(), Type.Unknown()),
    ),
  },
  { title: 'NewConfigurationDeployment', description: 'How to deploy the configuration of a device' },
)
export type NewConfigurationDeployment = Static<typeof NewConfigurationDeployment>

const MAX_CHANGE_LENGTH = 16_384

/** A configuration in the audit log, as JSON: Mender's web GUI reads it. */
export function configurationText(configuration: Configuration): string {
  const text = JSON.stringify(configuration, null, 2)
  return text.length > MAX_CHANGE_LENGTH ? `${text.slice(0, MAX_CHANGE_LENGTH)}...` : text
}
