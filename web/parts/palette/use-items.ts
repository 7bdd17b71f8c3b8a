import { IconDeviceDesktop, IconPackage, IconRocket, IconSettings } from '@tabler/icons-react'
import { useLocation } from 'wouter'
import { type Recent, recentOf } from '../../api/recent.ts'
import { useMay, useSession } from '../../api/session.ts'
import { SETTINGS_SECTIONS } from '../../pages/settings/sections.ts'
import { distinct, type Item, type ItemGroup, matches } from './item.ts'
import type { PageItem, Shortcut } from './shortcuts.ts'
import { useActions } from './use-actions.ts'
import { useFound } from './use-found.ts'

type Options = { pages: readonly PageItem[]; shortcuts: readonly Shortcut[]; onKeys: () => void }

/** What the text finds; without a text, what was opened last, all actions and all pages. */
export function useItems(text: string, { pages, shortcuts, onKeys }: Options) {
  const { user, preferences } = useSession()
  const may = useMay()
  const wanted = text.trim()
  const [path] = useLocation()
  const actions = useActions(onKeys)
  const found = useFound(wanted)
  const keysOf = (href: string | undefined) => {
    const keys = shortcuts.find((one) => 'href' in one && one.href === href)?.keys
    return keys && preferences.single_keys ? { keys } : {}
  }
  const known = (items: readonly Item[]) =>
    items.filter((item) => matches(item, wanted)).map((item) => ({ ...item, ...keysOf(item.href) }))
  const local: ItemGroup[] = [
    { name: 'Recent', items: known(recentOf(user.id).map(toItem)).filter(({ href }) => href !== path) },
    { name: 'Actions', items: known(actions) },
    {
      name: 'Pages',
      items: known(
        pages
          .filter(({ permission }) => may(permission))
          .map(({ href, label, icon }): Item => ({ ...{ id: href, href, label, icon } })),
      ),
    },
  ]
  const settings = SETTINGS_SECTIONS.filter(({ permission }) => may(permission)).map(
    ({ path, label, about }): Item => ({
      ...{ id: `settings-${path}`, href: `/settings/${path}`, label, detail: about, icon: IconSettings },
    }),
  )
  const groups = distinct([...local, ...found.groups, { name: 'Settings', items: known(settings) }])
  return { groups, isSearching: found.isSearching }
}

const ICONS = { device: IconDeviceDesktop, release: IconPackage, deployment: IconRocket } as const

const toItem = ({ kind, href, label }: Recent): Item => ({
  ...{ id: `recent-${href}`, href, label, detail: kind, icon: ICONS[kind] },
})
