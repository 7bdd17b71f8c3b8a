import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { PastEvent } from '../../api/audit-log.ts'
import { EVERYTHING, roleName } from './role-names.ts'

type About = Readonly<Record<string, unknown>>

const DEEDS: Readonly<Record<string, string>> = {
  'create user': 'added the user',
  'update user': 'changed the user',
  'delete user': 'deleted the user',
  'create deployment': 'created the deployment',
  'abort deployment': 'aborted the deployment',
  'upload artifact': 'uploaded the artifact',
  'delete artifact': 'deleted the artifact',
  'reject device': 'rejected the device',
  'decommission device': 'decommissioned the device',
}

/** What was done, and to what, as the end of a sentence. */
export function EventText({ event: { action, object } }: { event: PastEvent }) {
  const about = (object[object.type] ?? {}) as About
  return (
    <>
      {DEEDS[`${action} ${object.type}`] ?? `${action} ${object.type}`} <ObjectLink {...object} about={about} />
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
  if (type === 'user') return <strong>{String(about.email ?? id)}</strong>
  if (type === 'deployment') return <To path={`/deployments/${encodeURIComponent(id)}`}>{name}</To>
  if (type === 'artifact') return <To path={`/releases/${encodeURIComponent(name)}`}>{name}</To>
  return <To path={`/devices/${encodeURIComponent(id)}`}>{identityText(about.identity_data) ?? id}</To>
}

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
}

/** The lines of a diff as sentences. */
export function changesIn(change: string | undefined): string[] {
  const lines = (change ?? '').split('\n')
  return lines.flatMap((line, index) => {
    const [, name = '', before = ''] = /^-(\w+): (.*)$/.exec(line) ?? []
    const after = /^\+\w+: (.*)$/.exec(lines[index + 1] ?? '')?.[1]
    if (name === '' || after === undefined) return []
    const label = CHANGED[name] ?? name
    return name === 'password' ? [`new ${label}`] : [`${label}: ${wordOf(name, before)} → ${wordOf(name, after)}`]
  })
}

function wordOf(name: string, text: string): string {
  const value = parse(text)
  if (name === 'roles' && Array.isArray(value))
    return value.map((role) => roleName(String(role))).join(', ') || EVERYTHING
  return String(value ?? text)
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}
