import { isGroup } from '../../src/texts/terms.ts'
import type { FilterTerm, TermGroup } from '../api/filters.ts'

export type GroupKind = 'any' | 'all' | 'none' | 'not all'

export const GROUP_KINDS: readonly { value: GroupKind; label: string }[] = [
  { value: 'any', label: 'Any of these' },
  { value: 'all', label: 'All of these' },
  { value: 'none', label: 'None of these' },
  { value: 'not all', label: 'Not all of these' },
]

/** A group as it is edited. `levels`: how many groups of the API it is, for the paths of errors. */
type EditedGroup = { kind: GroupKind; terms: readonly FilterTerm[]; levels: number }

/** A negation of a group is one group here. */
export function toEdited({ type, terms }: TermGroup): EditedGroup {
  if (type !== '$not') return { kind: type === '$or' ? 'any' : 'all', terms, levels: 1 }
  const [only] = terms
  if (!only || !isGroup(only) || only.type === '$not') return { kind: 'none', terms, levels: 1 }
  return { kind: only.type === '$or' ? 'none' : 'not all', terms: only.terms, levels: 2 }
}

export function toGroup({ kind, terms }: Pick<EditedGroup, 'kind' | 'terms'>): TermGroup {
  const list = [...terms]
  if (kind === 'any' || kind === 'all') return { type: kind === 'any' ? '$or' : '$and', terms: list }
  return { type: '$not', terms: [{ type: kind === 'none' ? '$or' : '$and', terms: list }] }
}
