import type { IconSearch } from '@tabler/icons-react'
import type { Permission, Session } from '../../api/session.ts'

/** `keys` are pressed one after the other. */
export type Shortcut = { keys: readonly string[]; label: string } & ({ href: string } | { opens: 'palette' | 'keys' })

/** A page of the menu. `letter`: opens it after `g`. `feature`: of the plan. `is_below`: the page before it. */
export type PageItem = {
  href: string
  label: string
  permission: Permission
  feature?: keyof Session['features']
  letter?: string
  icon: typeof IconSearch
  is_below?: boolean
}

/** Each page is opened by `g` and a letter. */
export const GO = 'g'

export const NEW_DEPLOYMENT = { keys: ['n'], label: 'New deployment', href: '/deployments/new' } as const

export const OPENERS: readonly Shortcut[] = [
  { keys: ['/'], label: 'Search', opens: 'palette' },
  { keys: ['?'], label: 'Keyboard shortcuts', opens: 'keys' },
]

type Pressed = { pending: readonly string[]; shortcut?: Shortcut }

/** What a key means after those that are pending. A key that continues nothing begins again. */
export function press(pending: readonly string[], key: string, shortcuts: readonly Shortcut[]): Pressed {
  const pressed = [...pending, key]
  const begun = shortcuts.filter(({ keys }) => pressed.every((one, i) => keys[i] === one))
  const shortcut = begun.find(({ keys }) => keys.length === pressed.length)
  if (shortcut) return { pending: [], shortcut }
  if (begun.length > 0) return { pending: pressed }
  return pending.length > 0 ? press([], key, shortcuts) : { pending: [] }
}
