import { type Static, Type } from 'typebox'
import { badRequest } from '../errors.ts'
import { DEVICE_STATUSES, type DeviceStatus } from './device-status.ts'
import type { Attempt } from './lifecycle.ts'
import type { Confirmation } from './standing.ts'

/** What a device provides when it polls: at least `artifact_name` and `device_type`. */
export type Provides = Record<string, unknown> & { artifact_name: string; device_type: string }

const MAX_VALUE_LENGTH = 4096
/** Stored with every device of every deployment; clients send some dozens of short values. */
const MAX_PROVIDES_LENGTH = 65_536
/** The most characters that JSON takes for one, including the quotes and commas of short words. */
const MAX_ESCAPED_LENGTH = 12

/**
 * Reads the body of a poll; older clients send the software versions in a separate member. Runs for nearly every poll,
 * so that a body of the usual form is neither copied nor serialized.
 */
export function readProvides(sent: Record<string, unknown>): Provides {
  const provides = 'artifact_provides' in sent ? flattened(sent) : sent
  for (const key of ['artifact_name', 'device_type']) if (!provides[key]) throw badRequest(`${key}: cannot be blank.`)
  let length = 0
  for (const key of Object.keys(provides)) {
    requireWords(key, provides[key])
    length += key.length + String(provides[key]).length
  }
  if (length > MAX_PROVIDES_LENGTH / MAX_ESCAPED_LENGTH && JSON.stringify(provides).length > MAX_PROVIDES_LENGTH)
    throw badRequest(`What a device provides must be at most ${MAX_PROVIDES_LENGTH} characters as JSON.`)
  return provides as Provides
}

function flattened({ artifact_provides, ...flat }: Record<string, unknown>): Record<string, unknown> {
  return { ...(isObject(artifact_provides) ? artifact_provides : {}), ...flat }
}

function requireWords(key: string, value: unknown) {
  if (typeof value === 'string' && value.length <= MAX_VALUE_LENGTH) return
  const words = key === 'artifact_name' || key === 'device_type' ? [value] : [value].flat()
  if (!words.every((word) => typeof word === 'string' && word.length <= MAX_VALUE_LENGTH))
    throw badRequest(`${key}: must be a string of at most ${MAX_VALUE_LENGTH} characters.`)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A device in a deployment, without what it was offered. */
export type DeviceAttempt = Attempt & {
  tenant_id: string
  device_id: string
  id: string
  deployment_id: string
  phase_index: number | null
  image: Pick<Image, 'size'> | null
}

/** A device in a deployment, as polls and reports change it. */
export type DeviceDeployment = DeviceAttempt & {
  device_type: string | null
  request: Provides | null
  artifact_id: string | null
  /** The artifact as of its selection. */
  image: Image | null
}

export const Image = Type.Object(
  {
    id: Type.String({ description: 'ID of the artifact' }),
    name: Type.String({ description: 'Name of the artifact' }),
    size: Type.Integer({ description: 'Size of the file in bytes' }),
  },
  { title: 'OfferedArtifact', description: 'The artifact that a device was offered' },
)
export type Image = Static<typeof Image>

/** The bytes that the device downloads: none if it has installed the artifact already. */
export const downloadSize = ({ status, image }: Sized): number =>
  status === 'already-installed' ? 0 : (image?.size ?? 0)

type Sized = { status: DeviceStatus; image?: Pick<Image, 'size'> | null | undefined }

export const imageOf = ({ id, name, size }: Image): Image => ({ id, name, size })

const DeviceStatusSchema = Type.Union(
  DEVICE_STATUSES.map((status) => Type.Literal(status)),
  { title: 'DeviceDeploymentStatus', description: 'How far a device is in a deployment' },
)

/** A device within a deployment, as the management API shows it: `id` is the device's. */
export const DeviceDeploymentItem = Type.Object(
  {
    id: Type.String({ description: 'ID of the device' }),
    status: DeviceStatusSchema,
    created: Type.String({
      format: 'date-time',
      description: 'Time at which the device was assigned to the deployment',
    }),
    started: Type.Optional(
      Type.String({ format: 'date-time', description: 'Time of the first report; absent: none yet' }),
    ),
    finished: Type.Optional(
      Type.String({ format: 'date-time', description: 'Time at which the device ended; absent: it has not' }),
    ),
    deleted: Type.Optional(
      Type.String({
        format: 'date-time',
        description: "Time at which the device's history was deleted; absent: it was not",
      }),
    ),
    log: Type.Boolean({ description: 'Whether the device has sent a log' }),
    substate: Type.Optional(Type.String({ description: 'More about the status, as the device reported it' })),
    device_type: Type.Optional(Type.String({ description: 'Type of the device' })),
    image: Type.Optional(Image),
    attempts: Type.Integer({ description: 'Number of attempts so far' }),
    retries: Type.Integer({ description: 'Number of further attempts after a failure that the deployment allows' }),
    timed_out: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'Since when it counts as failed, because it has not ended in time',
      }),
    ),
    confirmation: Type.Optional(
      Type.Unsafe<Confirmation>({
        ...{ type: 'string', enum: ['awaited', 'confirmed', 'missed'] },
        description: 'Whether the device polled, running the release, after its success; absent: that is not asked for',
      }),
    ),
    deadline: Type.Optional(
      Type.String({ format: 'date-time', description: 'When the time to end, or to be confirmed, is over' }),
    ),
  },
  { title: 'DeviceDeployment', description: 'A device in a deployment' },
)
