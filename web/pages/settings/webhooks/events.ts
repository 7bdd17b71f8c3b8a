import { decoded } from '../../../api/address.ts'
import type { EventType, Format, Integration } from '../../../api/webhooks.ts'

const LABELS: Readonly<Record<EventType, string>> = {
  'deployment-created': 'Deployment created',
  'deployment-phase-opened': 'Phase opened',
  'deployment-gate-waiting': 'Gate waits for an approval',
  'deployment-tripped': 'Stopped by the failure policy',
  'deployment-paused': 'Deployment paused',
  'deployment-resumed': 'Deployment resumed',
  'deployment-rolled-back': 'Deployment rolled back',
  'deployment-finished': 'Deployment finished',
  'deployment-device-failed': 'Device failed in a deployment',
  'device-provisioned': 'Device accepted',
  'device-status-changed': 'Status of a device changed',
  'device-decommissioned': 'Device decommissioned',
}

/** As the server: a mail about each device of a fleet is of no use. */
const isMailed = (type: string) => type.startsWith('deployment-') && type !== 'deployment-device-failed'

export const eventChoices = (format: Format): { value: string; label: string }[] =>
  Object.entries(LABELS)
    .filter(([type]) => format !== 'email' || isMailed(type))
    .map(([value, label]) => ({ value, label }))

/** What happens while none is chosen. */
export const noneChosen = (format: Format): string =>
  format === 'email'
    ? 'None chosen: when a gate waits, and when a deployment is stopped, paused, rolled back or finished.'
    : 'None chosen: all, also those of later versions.'

export const eventsText = ({ events }: Integration): string =>
  events ? events.map((type) => LABELS[type] ?? type).join(', ') : 'All events'

export const FORMAT_LABELS: Readonly<Record<Format, string>> = { json: 'JSON', slack: 'Chat', email: 'E-mail' }

/** The description, or the part of the address that has no password. */
export const nameOf = ({ description, credentials }: Integration): string =>
  description || recipientsOf(credentials.http.url) || new URL(credentials.http.url).host

/** Of an address for e-mails. */
export const recipientsOf = (url: string): string | undefined =>
  url.toLowerCase().startsWith('mailto:') ? url.slice('mailto:'.length).split(',').map(decoded).join(', ') : undefined

export const toMailAddress = (recipients: string): string =>
  `mailto:${recipients
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((address) => encodeURIComponent(address).replaceAll('%40', '@'))
    .join(',')}`
