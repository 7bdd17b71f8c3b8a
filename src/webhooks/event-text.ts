import { cut } from '../text.ts'
import { counted } from '../texts/numbers.ts'
import { type Counts, countTexts } from '../texts/statuses.ts'
import type { StoredEvent } from './webhook-event.ts'

/** An event for people; `path`: of the page of the web UI that shows more. */
export type EventText = { title: string; details: string[]; path: string }

/** What `data` may have, by type. Events may be as old as they are kept. */
type Data = {
  id?: string
  name?: string
  artifact_name?: string
  status?: string
  auth_sets?: { identity_data?: Readonly<Record<string, unknown>> }[]
  by?: { id?: string; email?: string }
  reason?: string
  rollback_of?: string
  rolled_back_by?: string
  phase?: { number?: number }
  trip?: { code?: string; action?: string; program?: string }
  message?: string
  device_id?: string
  cause?: string
  attempts?: number
  aborted?: boolean
  statistics?: Counts
}

export function textOf({ type, data: stored }: Pick<StoredEvent, 'type' | 'data'>): EventText {
  const data = stored as Data
  const [title, ...details] = (TEXTS[type] ?? unknown)(data, type).filter((line) => line !== '')
  const is_device = type.startsWith('device-')
  const path = is_device ? deviceOrList(type, data) : `/deployments/${data.id ?? ''}`
  return { title: oneLine(title ?? type), details: details.map(oneLine), path }
}

const deviceOrList = (type: string, { id = '' }: Data) =>
  type === 'device-decommissioned' ? '/devices' : `/devices/${id}`

/** The first line is the title; empty lines are omitted. */
type Write = (data: Data, type: string) => string[]

const unknown: Write = (_data, type) => [type]

const TEXTS: Readonly<Record<string, Write>> = {
  'device-provisioned': (data) => [`Device ${data.id} was accepted`, identityText(data)],
  'device-status-changed': ({ id, status }) => [`Device ${id} is ${status === 'noauth' ? 'without keys' : status}`],
  'device-decommissioned': ({ id }) => [`Device ${id} was removed`],
  'deployment-created': (data) => [
    `Deployment ${data.name} was created${byText(data)}`,
    `It installs ${data.artifact_name}${data.rollback_of ? ', and rolls another deployment back' : ''}.`,
  ],
  'deployment-phase-opened': ({ name, phase }) => [`Deployment ${name}: phase ${phase?.number} has opened`],
  'deployment-gate-waiting': ({ name, phase, message = '' }) => [
    `Deployment ${name} waits for an approval of phase ${phase?.number}`,
    message,
  ],
  'deployment-tripped': (data) => [tripTitle(data), data.message ?? '', keptText(data)],
  'deployment-paused': (data) => [
    `Deployment ${data.name} was paused${byText(data)}`,
    data.reason ? `Reason: ${data.reason}` : '',
    keptText(data),
  ],
  'deployment-resumed': (data) => [
    `Deployment ${data.name} was resumed${byText(data)}`,
    data.reason ? `Reason: ${data.reason}` : '',
  ],
  'deployment-rolled-back': (data) => [`Deployment ${data.name} was rolled back${byText(data)}`],
  'deployment-finished': ({ name, aborted, statistics = {} }) => [
    `Deployment ${name} ${aborted ? 'was aborted' : 'has finished'}`,
    countTexts(statistics).length > 0 ? `Devices: ${countTexts(statistics).join(', ')}.` : '',
  ],
  'deployment-device-failed': (data) => [`Deployment ${data.name}: device ${data.device_id} failed`, causeText(data)],
}

const SUFFIX: Readonly<Record<string, string>> = {
  pause: 'was paused',
  abort: 'was aborted',
  rollback: 'was aborted and rolled back',
}

function tripTitle({ name, trip = {} }: Data): string {
  const outcome = SUFFIX[trip.action ?? ''] ?? 'was stopped'
  const cause = trip.code === 'verdict_failed' ? `after the verdict of ${trip.program}` : 'by the failure policy'
  return `Deployment ${name} ${outcome} ${cause}`
}

/** Nothing of devices that will not be updated: after an abort no device is pending. */
function keptText({ statistics }: Data): string {
  const pending = statistics?.pending ?? 0
  if (pending === 0) return ''
  return pending === 1
    ? '1 device has not started, and keeps the old release.'
    : `${counted(pending, 'device')} have not started, and keep the old release.`
}

/** Nobody is named if the failure policy did it. */
const byText = ({ by }: Data): string => (by?.email ? ` by ${by.email}` : '')

const CAUSES: Readonly<Record<string, string>> = {
  timed_out: 'It did not end in time.',
  confirmation_missed: 'It was not confirmed in time.',
}

const causeText = ({ cause = '', attempts = 1 }: Data): string =>
  CAUSES[cause] ?? `It reported a failure${attempts > 1 ? ` at attempt ${attempts}` : ''}.`

const identityText = ({ auth_sets }: Data): string =>
  Object.entries(auth_sets?.[0]?.identity_data ?? {})
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join(', ')

/** Chats refuse or split long messages: Rocket.Chat from 5,000 characters on. */
const MAX_LINE_LENGTH = 1000

/** Names may have line breaks and other characters that are not shown. */
function oneLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim()
  return line.length <= MAX_LINE_LENGTH ? line : `${cut(line, MAX_LINE_LENGTH - 1)}…`
}
