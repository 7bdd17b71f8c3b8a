import { type Static, Type } from 'typebox'

/** The shortest interval that a server may ask for; the longest one is what the text `HH:MM:SS` can say. */
const INTERVAL = { minimum: 5, maximum: 86_399 } as const
const Name = Type.String({ minLength: 1, maxLength: 256 })

export const DdiSettings = Type.Object(
  {
    target_token: Type.Boolean({ description: 'Whether devices may authenticate by a token of their own' }),
    gateway_token: Type.Boolean({ description: 'Whether devices may authenticate by a gateway token of the tenant' }),
    certificate_issuers: Type.Array(Name, {
      maxItems: 20,
      description:
        'Issuers of client certificates by which devices may authenticate, as the trusted proxy names them; empty: none',
    }),
    accepts_devices: Type.Boolean({
      description: 'Whether a new device with a gateway token or a client certificate is accepted at once',
    }),
    polling_interval_s: Type.Integer({
      ...INTERVAL,
      description: 'Seconds between the polls of a device, on average: each answer varies them by up to a tenth',
    }),
    busy_polling_interval_s: Type.Integer({
      ...INTERVAL,
      description: 'Seconds between the polls of a device that has something to do, if that is shorter',
    }),
    quiet_polling_interval_s: Type.Optional(
      Type.Integer({
        ...INTERVAL,
        description:
          'Seconds between the polls of a device in quiet hours, if that is longer; absent: as at other times. The last one is soon after they end',
      }),
    ),
    device_type_attributes: Type.Array(Name, {
      maxItems: 20,
      description: 'Names of the attributes that give the device type: the first one that a device reports',
    }),
    default_device_type: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 256 },
        description: 'Device type of devices that report none of these attributes; absent: they wait',
      }),
    ),
  },
  {
    additionalProperties: false,
    title: 'DdiSettings',
    description: 'How devices authenticate by DDI, and how often they poll',
  },
)
export type DdiSettings = Static<typeof DdiSettings>

export const NewDdiSettings = Type.Partial(DdiSettings, {
  ...{ additionalProperties: false, title: 'NewDdiSettings' },
  description: 'All settings of DDI: those that are absent get their defaults',
})
export type NewDdiSettings = Static<typeof NewDdiSettings>

export const DEFAULT_SETTINGS: DdiSettings = {
  target_token: false,
  gateway_token: false,
  certificate_issuers: [],
  accepts_devices: false,
  polling_interval_s: 300,
  busy_polling_interval_s: 30,
  device_type_attributes: ['device_type'],
}

/** Settings as stored: only members that were set. */
export const withDefaults = (stored: Partial<DdiSettings>): DdiSettings => ({ ...DEFAULT_SETTINGS, ...stored })
