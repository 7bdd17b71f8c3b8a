import { useEffect, useState } from 'react'
import { useSession } from '../../api/session.ts'

export type TargetKind = 'filter' | 'group' | 'devices' | 'all'
export type TargetDraft = { kind: TargetKind; filter_id: string; group: string; devices: string[] }
export type PhaseDraft = {
  key: number
  percent: number | ''
  /** `hours` and `days`: so many after the phase before. */
  when: 'now' | 'at' | 'hours' | 'days'
  /** As the browser's control has it, in the user's own time zone. */
  at: string
  amount: number | ''
}
export type Draft = {
  release: string
  target: TargetDraft
  /** undefined: as suggested. */
  name?: string | undefined
  phases: PhaseDraft[]
  attempts: number | ''
  max_devices: number | ''
  force: boolean
}

const NOBODY = { filter_id: '', group: '', devices: [] }

let lastKey = 0
export const newPhase = (changes: Partial<PhaseDraft> = {}): PhaseDraft => ({
  ...{ key: Date.now() + lastKey++, percent: '', when: 'hours', at: '', amount: 24 },
  ...changes,
})

const emptyDraft = (kind: TargetKind): Draft => ({
  ...{ release: '', target: { kind, ...NOBODY }, phases: [newPhase({ when: 'now' })] },
  ...{ attempts: 1, max_devices: '', force: false },
})

/** What the address asks for: `?release=`, and `?filter=`, `?group=` or `?device=`. */
function asked(empty: Draft): Draft {
  const params = new URLSearchParams(location.search)
  const [filter_id, group, devices] = [params.get('filter'), params.get('group'), params.getAll('device')]
  const target: TargetDraft = filter_id
    ? { ...empty.target, kind: 'filter', filter_id }
    : group
      ? { ...empty.target, kind: 'group', group }
      : devices.length > 0
        ? { ...empty.target, kind: 'devices', devices }
        : empty.target
  return { ...empty, release: params.get('release') ?? '', target }
}

/** `search`: what the address asked for when it was begun; `isEdited`: more than that. */
type Kept = { draft: Draft; search: string; isEdited: boolean }

/** What was begun, unless the address asks for something else. */
function readKept(key: string): Kept | undefined {
  const kept = JSON.parse(sessionStorage.getItem(key) ?? 'null') as Kept | null
  return kept && ['', kept.search].includes(location.search) ? kept : undefined
}

/** Outlives a click on another page, a reload and a session that ended; only for who wrote it, and this tab. */
export function useDraft(usual: TargetKind) {
  const key = `deployment-draft/${useSession().user.id}`
  const [{ draft, isKept }, set] = useState(() => {
    const kept = readKept(key)
    return kept
      ? { draft: kept.draft, isKept: kept.isEdited || kept.search !== location.search }
      : { draft: asked(emptyDraft(usual)), isKept: false }
  })
  const keep = (draft: Draft, isEdited: boolean) => {
    const search = location.search || readKept(key)?.search || ''
    sessionStorage.setItem(key, JSON.stringify({ draft, search, isEdited } satisfies Kept))
  }
  // What the address asks for is a beginning already.
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the draft as the page opens
  useEffect(() => {
    if (location.search !== '' && !readKept(key)) keep(draft, false)
  }, [])
  const change = (changes: Partial<Draft>) =>
    set((before) => {
      const after = { ...before.draft, ...changes }
      keep(after, true)
      return { draft: after, isKept: false }
    })
  const forget = () => {
    sessionStorage.removeItem(key)
    set({ draft: asked(emptyDraft(usual)), isKept: false })
  }
  return { draft, isKept, change, forget }
}
