import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { counted } from '../../../src/texts/numbers.ts'
import type { PastEvent } from '../../api/audit-log.ts'
import type { ScopedSet } from '../../api/roles.ts'
import { devicePage } from '../../parts/links.ts'
import { verbPhrase } from './event-phrases.ts'
import { EVERYTHING, roleName, setText } from './role-names.ts'

type Details = Readonly<Record<string, unknown>>

/** The action and its object, as the predicate of a sentence whose subject is the user. */
export function EventText({ event, device }: { event: PastEvent; device: string | undefined }) {
  const { action, object } = event
  const details = (object[object.type] ?? {}) as Details
  return (
    <>
      {verbPhrase(action, object.type)} <ObjectLink {...object} {...{ details, device }} />
      {object.type === 'deployment' && typeof details.artifact_name === 'string' && (
        <OfRelease id={object.id} name={details.artifact_name} />
      )}
    </>
  )
}

/** A deployment of a configuration is not of a release. */
const OfRelease = ({ id, name }: { id: string; name: string }) =>
  name !== `configuration-${id}` && (
    <>
      {' '}
      of the release <ObjectAnchor path={`/releases/${encodeURIComponent(name)}`}>{name}</ObjectAnchor>
    </>
  )

type ObjectProps = { type: string; id: string; details: Details; device: string | undefined }

function ObjectLink({ type, id, details, device }: ObjectProps) {
  const name = typeof details.name === 'string' ? details.name : id
  switch (type) {
    case 'settings':
      return typeof details.recipe === 'string' && <>(recipe {details.recipe})</>
    case 'deployment':
      return <ObjectAnchor path={`/deployments/${encodeURIComponent(id)}`}>{name}</ObjectAnchor>
    case 'artifact':
    case 'release':
      return <ObjectAnchor path={`/releases/${encodeURIComponent(name)}`}>{name}</ObjectAnchor>
    case 'device':
      return <ObjectAnchor path={devicePage(id)}>{device ?? identityText(details.identity_data) ?? id}</ObjectAnchor>
    case 'devices':
      return <strong title={listOf(details.ids)}>{counted(Number(details.count), 'device')}</strong>
    case 'releases':
      return <strong>{listOf(details.names)}</strong>
    case 'user':
      return <strong>{String(details.email ?? id)}</strong>
    case 'role':
      return <strong>{roleName(name)}</strong>
    default:
      return <strong>{name}</strong>
  }
}

const listOf = (names: unknown): string => (Array.isArray(names) ? names.join(', ') : '')

const ObjectAnchor = ({ path, children }: { path: string; children: ReactNode }) => (
  <Anchor component={Link} href={path} inherit fw={600}>
    {children}
  </Anchor>
)

/** `{"mac":"02:00"}` as `mac 02:00` */
function identityText(identity: unknown): string | undefined {
  const facts = parse(identity)
  return isObject(facts) ? plainText(facts) : undefined
}

const FIELD_LABELS: Readonly<Record<string, string>> = {
  email: 'e-mail address',
  roles: 'roles',
  password: 'password',
  tfa_status: 'two-factor authentication',
  max_devices: 'device limit',
  quiet_hours: 'quiet hours',
  max_downloads: 'downloads at a time',
  max_bytes_per_second: 'bytes per second',
  by_attribute: 'for each value of an attribute',
  download_timeout_minutes: 'minutes until a device is silent',
  permission_sets_with_scope: 'permission sets',
  update_control_map: 'update control map',
}

/** The changes of a diff, one per line, and its other lines without the headings. */
export function changesIn(change: string | undefined): string[] {
  const facts = parse(change)
  if (isObject(facts)) return Object.entries(facts).map(([name, value]) => `${name}: ${plainText(value)}`)
  const lines = (change ?? '').split('\n')
  return lines.flatMap((line, index) => {
    const [, name, before = ''] = /^-([^:]+): (.*)$/.exec(line) ?? []
    const after = /^\+[^:]+: (.*)$/.exec(lines[index + 1] ?? '')?.[1]
    if (name === undefined || after === undefined) return /^[-+]|:$|^$/.test(line) ? [] : [line]
    const label = FIELD_LABELS[name] ?? name
    return name === 'password' ? [`new ${label}`] : [`${label}: ${valueText(name, before)} → ${valueText(name, after)}`]
  })
}

function valueText(name: string, text: string): string {
  const value = parse(text)
  if (name === 'roles' && Array.isArray(value))
    return value.map((role) => roleName(String(role))).join(', ') || EVERYTHING
  if (name === 'permission_sets_with_scope' && Array.isArray(value))
    return (value as ScopedSet[]).map(setText).join('; ') || 'none'
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ') || 'none'
  if (value === null || value === '') return 'none'
  return value === undefined ? text : plainText(value)
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Without the signs of JSON. */
function plainText(value: unknown): string {
  if (Array.isArray(value)) return value.map(plainText).join(', ')
  if (!isObject(value)) return String(value)
  return Object.entries(value)
    .map(([name, one]) => `${name} ${plainText(one)}`)
    .join(', ')
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}
