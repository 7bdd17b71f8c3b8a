import type { DdiSettings } from '../../client/api.ts'
import { type Options, optional, several, UsageError, type Values } from '../command.ts'
import { readInterval } from '../interval.ts'
import { remoteCommand } from '../remote/command.ts'
import { facts } from '../remote/print.ts'
import { DDI } from './paths.ts'

const OPTIONS = {
  ...{ 'target-tokens': { type: 'string' }, 'gateway-tokens': { type: 'string' } },
  ...{ 'accept-devices': { type: 'string' }, 'certificate-issuer': { type: 'string', multiple: true } },
  ...{ 'polling-interval': { type: 'string' }, 'busy-polling-interval': { type: 'string' } },
  'quiet-polling-interval': { type: 'string' },
  ...{ 'device-type-attribute': { type: 'string', multiple: true }, 'default-device-type': { type: 'string' } },
} satisfies Options

export const settingsCommand = remoteCommand({
  summary: 'Show or change how devices that speak DDI authenticate and poll',
  help: `
  --target-tokens on|off             whether devices may authenticate by a token of their own
  --gateway-tokens on|off            whether devices may authenticate by a gateway token
  --accept-devices on|off            whether new devices with a gateway token or a certificate are accepted at once
  --certificate-issuer NAME          issuer of client certificates, as the trusted proxy names it; may be given
                                     several times; '' removes all
  --polling-interval DURATION        time between the polls of a device, such as 5m; a bare number is in seconds
  --busy-polling-interval DURATION   the same for a device that has something to do, if that is shorter
  --quiet-polling-interval DURATION  the same in quiet hours, if that is longer; '' removes it
  --device-type-attribute NAME       attribute that gives the device type; may be given several times: the first one
                                     that a device reports
  --default-device-type TYPE         device type of devices that report none of these; '' removes it

Without any of these options the settings are shown; otherwise all others stay as they are.
`,
  options: OPTIONS,
  async run({ server, values }) {
    const changes = readChanges(values)
    const { body } = await server.get(`${DDI}/settings`)
    const settings = withoutEmpty({ ...body, ...changes })
    if (Object.keys(changes).length > 0) await server.put(`${DDI}/settings`, { body: settings })
    console.log(values.json ? JSON.stringify(settings) : facts(factsOf(settings)))
  },
})

/** The settings that options give. */
function readChanges(values: Values): Partial<DdiSettings> {
  const changes: { [name in keyof DdiSettings]?: DdiSettings[name] | undefined } = {
    target_token: onOrOff(values, 'target-tokens'),
    gateway_token: onOrOff(values, 'gateway-tokens'),
    accepts_devices: onOrOff(values, 'accept-devices'),
    certificate_issuers: names(values, 'certificate-issuer'),
    polling_interval_s: seconds(values, 'polling-interval'),
    busy_polling_interval_s: seconds(values, 'busy-polling-interval'),
    quiet_polling_interval_s: values['quiet-polling-interval'] === '' ? 0 : seconds(values, 'quiet-polling-interval'),
    device_type_attributes: names(values, 'device-type-attribute'),
    default_device_type: optional(values, 'default-device-type'),
  }
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}

/** An empty default device type is none, and so is an empty interval. */
const withoutEmpty = ({ default_device_type, quiet_polling_interval_s, ...settings }: DdiSettings): DdiSettings => ({
  ...settings,
  ...(quiet_polling_interval_s ? { quiet_polling_interval_s } : {}),
  ...(default_device_type ? { default_device_type } : {}),
})

function onOrOff(values: Values, name: string): boolean | undefined {
  const text = optional(values, name)
  if (text === undefined || text === 'on' || text === 'off') return text && text === 'on'
  throw new UsageError(`--${name} must be on or off`)
}

const names = (values: Values, name: string): string[] | undefined =>
  values[name] === undefined ? undefined : several(values, name).filter(Boolean)

function seconds(values: Values, name: string): number | undefined {
  return optional(values, name) === undefined ? undefined : readInterval(values, name, '') / 1000
}

const factsOf = (settings: DdiSettings) => ({
  'Target tokens': settings.target_token ? 'on' : 'off',
  'Gateway tokens': settings.gateway_token ? 'on' : 'off',
  'New devices': settings.accepts_devices ? 'accepted at once' : 'pending until they are accepted',
  'Certificate issuers': settings.certificate_issuers.join(', ') || 'none',
  'Polling interval': `${settings.polling_interval_s} s`,
  'Busy polling interval': `${settings.busy_polling_interval_s} s`,
  'Quiet polling interval': settings.quiet_polling_interval_s && `${settings.quiet_polling_interval_s} s`,
  'Device type': `attribute ${settings.device_type_attributes.join(', ') || 'none'}`,
  'Default device type': settings.default_device_type ?? 'none',
})
