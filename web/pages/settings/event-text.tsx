import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { counted } from '../../../src/texts/numbers.ts'
import type { PastEvent } from '../../api/audit-log.ts'
import { deedOf } from './event-words.ts'
import { EVERYTHING, roleName } from './role-names.ts'

type About = Readonly<Record<string, unknown>>

/** What was done, and to what, as the end of a sentence. */
export function EventText({ event: { action, object } }: { event: PastEvent }) {
  const about = (object[object.type] ?? {}) as About
  return (
    <>
      {deedOf(action, object.type)} <ObjectLink {...object} about={about} />
      {object.type === 'deployment' && typeof about.artifact_name === 'string' && (
        <>
          {' '}
          of the release <To path={`/releases/${encodeURIComponent(about.artifact_name)}`}>{about.artifact_name}</To>
        </>
      )}
    </>
  )
}

function ObjectLink({ type, id, about }: { type: string; id: string; about: About }) {
  const name = typeof about.name === 'string' ? about.name : id
  switch (type) {
    case 'settings':
      return null
    case 'deployment':
      return <To path={`/deployments/${encodeURIComponent(id)}`}>{name}</To>
    case 'artifact':
    case 'release':
      return <To path={`/releases/${encodeURIComponent(name)}`}>{name}</To>
    case 'device':
      return <To path={`/devices/${encodeURIComponent(id)}`}>{identityText(about.identity_data) ?? id}</To>
    case 'devices':
      return <strong title={listOf(about.ids)}>{counted(Number(about.count), 'device')}</strong>
    case 'releases':
      return <strong>{listOf(about.names)}</strong>
    case 'user':
      return <strong>{String(about.email ?? id)}</strong>
    case 'role':
      return <strong>{roleName(name)}</strong>
    default:
      return <strong>{name}</strong>
  }
}

const listOf = (names: unknown): string => (Array.isArray(names) ? names.join(', ') : '')

const To = ({ path, children }: { path: string; children: ReactNode }) => (
  <Anchor component={Link} href={path} inherit fw={600}>
    {children}
  </Anchor>
)

/** `{"mac":"02:00"}` as `mac 02:00` */
function identityText(identity: unknown): string | undefined {
  const facts = parse(identity)
  if (typeof facts !== 'object' || facts === null) return undefined
  return Object.entries(facts)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

const CHANGED: Readonly<Record<string, string>> = {
  email: 'e-mail address',
  roles: 'roles',
  password: 'password',
  tfa_status: 'two-factor authentication',
  max_devices: 'device limit',
  permission_sets_with_scope: 'permission sets',
  update_control_map: 'update control map',
}

/** The lines of a diff as sentences, and what else is said that is no heading. */
export function changesIn(change: string | undefined): string[] {
  const lines = (change ?? '').split('\n')
  return lines.flatMap((line, index) => {
    const [, name, before = ''] = /^-([^:]+): (.*)$/.exec(line) ?? []
    const after = /^\+[^:]+: (.*)$/.exec(lines[index + 1] ?? '')?.[1]
    if (name === undefined || after === undefined) return /^[-+]|:$|^$/.test(line) ? [] : [line]
    const label = CHANGED[name] ?? name
    return name === 'password' ? [`new ${label}`] : [`${label}: ${wordOf(name, before)} → ${wordOf(name, after)}`]
  })
}

function wordOf(name: string, text: string): string {
  const value = parse(text)
  if (name === 'roles' && Array.isArray(value))
    return value.map((role) => roleName(String(role))).join(', ') || EVERYTHING
  if (value === null || value === '') return 'none'
  return typeof value === 'string' ? value : text
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}
