import { useState } from 'react'
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

/** Outlives a click on another page, a reload and a session that ended; only for who wrote it, and this tab. */
export function useDraft(usual: TargetKind) {
  const key = `new-deployment/${useSession().user.id}`
  const [{ draft, isKept }, set] = useState(() => {
    const kept = sessionStorage.getItem(key)
    const isAsked = location.search !== ''
    return kept && !isAsked
      ? { draft: JSON.parse(kept) as Draft, isKept: true }
      : { draft: asked(emptyDraft(usual)), isKept: false }
  })
  const change = (changes: Partial<Draft>) =>
    set((before) => {
      const after = { ...before.draft, ...changes }
      sessionStorage.setItem(key, JSON.stringify(after))
      return { draft: after, isKept: false }
    })
  const forget = () => {
    sessionStorage.removeItem(key)
    set({ draft: emptyDraft(usual), isKept: false })
  }
  return { draft, isKept, change, forget }
}
