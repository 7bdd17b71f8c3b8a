import { useState } from 'react'

/** Selected devices by ID, or `all` devices that match the query of the list. */
export type Selection = { all: boolean; ids: ReadonlySet<string> }

export const NOTHING: Selection = { all: false, ids: new Set() }

/** The selection belongs to one list, identified by its query; in any other list, nothing is selected. */
export function useSelection(list: string): [Selection, (selection: Selection) => void] {
  const [state, setState] = useState({ list, selection: NOTHING })
  return [state.list === list ? state.selection : NOTHING, (selection) => setState({ list, selection })]
}

export const isNothing = ({ all, ids }: Selection): boolean => !all && ids.size === 0
export const isSelected = ({ all, ids }: Selection, id: string): boolean => all || ids.has(id)

/** Deselecting one device of `all` clears the selection: "all but one" is not supported. */
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
