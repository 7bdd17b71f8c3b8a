import { canonicalJson } from '../../auth/identity.ts'
import type { DeploymentPreview } from '../../client/api.ts'

export type Kind = 'release' | 'filter' | 'role' | 'recipe' | 'webhook' | 'deployment'

export type MemberChange = { member: string; before?: unknown; after: unknown }

/** What a declaration means for the server as it is now. */
export type Step = {
  kind: Kind
  name: string
  action: 'create' | 'change' | 'unchanged'
  changes: MemberChange[]
  id?: string | undefined
  /** Of a filter, or of a deployment whose filter does not exist yet: accepted devices that match now. */
  device_count?: number
  /** Of a deployment that would be created. */
  preview?: DeploymentPreview
  note?: string | undefined
  /** Creates or changes it; may return the ID. */
  run?: () => Promise<string | undefined>
}

/** The members that a declaration has and the server has otherwise. */
export const differences = (before: object, after: object): MemberChange[] =>
  Object.entries(after).flatMap(([member, value]) => {
    const present = (before as Record<string, unknown>)[member]
    return canonicalJson(present ?? null) === canonicalJson(value ?? null)
      ? []
      : [{ member, before: present, after: value }]
  })

/** Of an object that does not exist. */
export const additions = (after: object): MemberChange[] =>
  Object.entries(after).flatMap(([member, value]) => (value === undefined ? [] : [{ member, after: value }]))

type Content = { changes: MemberChange[]; run: NonNullable<Step['run']>; id?: string | undefined }

/** A step for an object that exists. */
export const changeStep = (kind: Kind, name: string, { changes, run, id }: Content): Step =>
  changes.length === 0
    ? { kind, name, action: 'unchanged', changes, id }
    : { kind, name, action: 'change', changes, id, run }
