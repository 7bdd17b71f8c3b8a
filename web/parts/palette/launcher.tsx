import { Kbd, Text, UnstyledButton } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { useMay, useSession } from '../../api/session.ts'
import './palette.css'
import { COMMAND_KEY } from './keys.tsx'
import { GO, NEW_DEPLOYMENT, OPENERS, type PageItem, type Shortcut } from './shortcuts.ts'
import { isDialogOpen, useShortcuts } from './use-shortcuts.ts'

const Palette = lazy(() => import('./palette.tsx'))
const ShortcutList = lazy(() => import('./shortcut-list.tsx'))

type Opened = 'palette' | 'keys'

/** The button that opens the palette, and the keys for everything. */
export function Launcher({ pages }: { pages: readonly PageItem[] }) {
  const [opened, setOpened] = useState<Opened>()
  const returnTo = useRef<Element | null>(null)
  const shortcuts = useKnownShortcuts(pages)
  const { single_keys } = useSession().preferences
  const [, go] = useLocation()
  const open = (next: Opened) => {
    if (opened === undefined) returnTo.current = document.activeElement
    setOpened(next)
  }
  const close = () => {
    setOpened(undefined)
    if (returnTo.current instanceof HTMLElement) returnTo.current.focus({ preventScroll: true })
  }
  useShortcuts(single_keys ? shortcuts : [], (shortcut) =>
    'href' in shortcut ? go(shortcut.href) : open(shortcut.opens),
  )
  useCommandKey(() => {
    if (opened === 'palette') close()
    else if (opened === 'keys' || !isDialogOpen()) open('palette')
  })
  return (
    <>
      <UnstyledButton className="launcher" aria-keyshortcuts="Control+K Meta+K" onClick={() => open('palette')}>
        <IconSearch size={18} stroke={1.6} aria-hidden />
        <Text component="span" size="sm">
          Search
        </Text>
        <Kbd size="xs">{COMMAND_KEY}</Kbd>
      </UnstyledButton>
      <Suspense fallback={null}>
        {opened === 'palette' && (
          <Palette pages={pages} shortcuts={shortcuts} onKeys={() => open('keys')} onClose={close} />
        )}
        {opened === 'keys' && <ShortcutList shortcuts={shortcuts} onClose={close} />}
      </Suspense>
    </>
  )
}

/** Those that the roles of the user permit. */
function useKnownShortcuts(pages: readonly PageItem[]): Shortcut[] {
  const may = useMay()
  return [
    ...OPENERS,
    ...(may('deployments') ? [NEW_DEPLOYMENT] : []),
    ...pages.flatMap(({ href, label, permission, letter }) =>
      letter !== undefined && may(permission) ? [{ keys: [GO, letter], label, href }] : [],
    ),
  ]
}

function useCommandKey(onPressed: () => void): void {
  const latest = useRef(onPressed)
  latest.current = onPressed
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
      event.preventDefault()
      latest.current()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [])
}
