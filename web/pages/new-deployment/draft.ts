import { useEffect, useState } from 'react'
import { useSession } from '../../api/session.ts'
import { allAtOnce, type RulesDraft } from '../../parts/rollout/draft.ts'

export type TargetKind = 'filter' | 'group' | 'devices' | 'all'
export type TargetDraft = { kind: TargetKind; filter_id: string; group: string; devices: string[] }
export type Draft = {
  release: string
  target: TargetDraft
  /** undefined: as suggested. */
  name?: string | undefined
  /** The name of the recipe that was chosen last; '': none. */
  recipe: string
  rules: RulesDraft
  attempts: number | ''
  max_devices: number | ''
  force: boolean
}

const NO_TARGET = { filter_id: '', group: '', devices: [] }

const emptyDraft = (kind: TargetKind): Draft => ({
  ...{ release: '', target: { kind, ...NO_TARGET }, recipe: '', rules: allAtOnce() },
  ...{ attempts: 1, max_devices: '', force: false },
})

/** The draft that the address requests: `?release=`, and `?filter=`, `?group=`, `?device=` or `?all=`. */
function draftFromUrl(empty: Draft): Draft {
  const params = new URLSearchParams(location.search)
  const [filter_id, group, devices] = [params.get('filter'), params.get('group'), params.getAll('device')]
  const target: TargetDraft = filter_id
    ? { ...empty.target, kind: 'filter', filter_id }
    : group
      ? { ...empty.target, kind: 'group', group }
      : devices.length > 0
        ? { ...empty.target, kind: 'devices', devices }
        : params.has('all')
          ? { ...empty.target, kind: 'all' }
          : empty.target
  return { ...empty, release: params.get('release') ?? '', target }
}

/** `search`: the query string when the draft was created; `isEdited`: the user has changed it since. */
type StoredDraft = { draft: Draft; search: string; isEdited: boolean }

/** The stored draft, unless the address requests another one. */
function readStored(key: string): StoredDraft | undefined {
  const stored = JSON.parse(sessionStorage.getItem(key) ?? 'null') as StoredDraft | null
  return stored && ['', stored.search].includes(location.search) ? stored : undefined
}

/** A draft that survives navigation, reloads and the end of the session, for this user in this tab. */
export function useDraft(default_kind: TargetKind) {
  const key = `new-deployment/${useSession().user.id}`
  const [{ draft, isRestored }, set] = useState(() => {
    const stored = readStored(key)
    return stored
      ? { draft: stored.draft, isRestored: stored.isEdited || stored.search !== location.search }
      : { draft: draftFromUrl(emptyDraft(default_kind)), isRestored: false }
  })
  const store = (draft: Draft, isEdited: boolean) => {
    const search = location.search || readStored(key)?.search || ''
    sessionStorage.setItem(key, JSON.stringify({ draft, search, isEdited } satisfies StoredDraft))
  }
  // A draft from the address is stored even if the user does not edit it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the draft at the time the page opens
  useEffect(() => {
    if (location.search !== '' && !readStored(key)) store(draft, false)
  }, [])
  const change = (changes: Partial<Draft>) =>
    set((before) => {
      const after = { ...before.draft, ...changes }
      store(after, true)
      return { draft: after, isRestored: false }
    })
  const discard = () => {
    sessionStorage.removeItem(key)
    set({ draft: draftFromUrl(emptyDraft(default_kind)), isRestored: false })
  }
  return { draft, isRestored, change, discard }
}
