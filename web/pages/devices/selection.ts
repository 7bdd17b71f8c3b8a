import { useState } from 'react'

/** Devices by hand, or `all` that the list would show. */
export type Selection = { all: boolean; ids: ReadonlySet<string> }

export const NOTHING: Selection = { all: false, ids: new Set() }

/** What is selected of one list; in another, whichever way one came there, it is nothing. */
export function useSelection(list: string): [Selection, (selection: Selection) => void] {
  const [made, make] = useState({ list, selection: NOTHING })
  return [made.list === list ? made.selection : NOTHING, (selection) => make({ list, selection })]
}

export const isSelected = ({ all, ids }: Selection, id: string): boolean => all || ids.has(id)

/** Taking one away from all leaves nothing: what is left could not be said in a sentence. */
export function toggled({ all, ids }: Selection, id: string): Selection {
  if (all) return NOTHING
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  return { all: false, ids: next }
}

export function withPage({ ids }: Selection, page: readonly string[]): Selection {
  const next = new Set(ids)
  const every = page.every((id) => ids.has(id))
  for (const id of page) every ? next.delete(id) : next.add(id)
  return { all: false, ids: next }
}
