import { type Static, Type } from 'typebox'
import { badRequest } from '../errors.ts'

export const Settings = Type.Object(
  {},
  {
    additionalProperties: true,
    title: 'Settings',
    description: 'Any members: the server only stores them for clients',
  },
)
export type Settings = Static<typeof Settings>

/** Settings belong to the tenant or to one user. */
export type SettingsOwner = 'tenant' | 'user'

/** Mender's web GUI stores it in the settings of the tenant, too. */
const NAMING_KEY = 'id_attribute'

export const DeviceNaming = Type.Object(
  {
    scope: Type.String({ description: 'Scope of the attribute' }),
    attribute: Type.String({ description: 'Name of the attribute; `id` of the scope `identity` is the ID' }),
  },
  { title: 'DeviceNaming', description: 'The attribute by whose value devices are called' },
)
export type DeviceNaming = Static<typeof DeviceNaming>

/**
 * Undefined if the settings name no attribute: clients may store anything. Earlier versions of Mender's web GUI stored
 * the name of an identity attribute, or `Device ID`.
 */
export function namingIn(settings: Settings): DeviceNaming | undefined {
  const stored: unknown = (settings as Record<string, unknown>)[NAMING_KEY]
  if (typeof stored === 'string' && stored !== '')
    return { scope: 'identity', attribute: stored === 'Device ID' ? 'id' : stored }
  if (typeof stored !== 'object' || stored === null) return undefined
  const { scope, attribute } = stored as Record<string, unknown>
  return typeof scope === 'string' && typeof attribute === 'string' && attribute !== ''
    ? { scope, attribute }
    : undefined
}

export const Preferences = Type.Object(
  {
    utc: Type.Boolean({ description: 'Whether times are shown in UTC instead of the time zone of the browser' }),
    single_keys: Type.Boolean({ description: 'Whether single keys are shortcuts' }),
  },
  {
    title: 'Preferences',
    description: "What the user has chosen for the web UI: the member `ui` of the user's settings",
  },
)
export type Preferences = Static<typeof Preferences>

/** The member of a user's settings that has the preferences. */
const PREFERENCES_KEY = 'ui'

/** Clients may store anything. */
export function preferencesIn(settings: Settings): Preferences {
  const stored: unknown = (settings as Record<string, unknown>)[PREFERENCES_KEY]
  const { utc, single_keys } = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<string, unknown>
  return { utc: utc === true, single_keys: single_keys !== false }
}

const MAX_KEYS = 1024
const MAX_KEY_LENGTH = 128
const MAX_VALUE_LENGTH = 4096

export function requireSettings(settings: Settings): void {
  const entries = Object.entries(settings)
  if (entries.length > MAX_KEYS) throw badRequest(`settings: must have at most ${MAX_KEYS} keys`)
  for (const [key, value] of entries) {
    if (key.length > MAX_KEY_LENGTH)
      throw badRequest(`settings: keys must be at most ${MAX_KEY_LENGTH} characters long`)
    if (typeof value === 'string' && value.length > MAX_VALUE_LENGTH)
      throw badRequest(`settings: ${key}: must be at most ${MAX_VALUE_LENGTH} characters long`)
  }
}
