import { useEffect, useRef } from 'react'
import { press, type Shortcut } from './shortcuts.ts'

/** Keys of one shortcut are at most this far apart. */
const PENDING_MS = 1500
const TYPING = 'input, textarea, select, [contenteditable], [role=combobox], [role=listbox], [role=menu]'

/** Single keys, except where they are text, or choose something. */
export function useShortcuts(shortcuts: readonly Shortcut[], onShortcut: (shortcut: Shortcut) => void): void {
  const latest = useRef({ shortcuts, onShortcut })
  latest.current = { shortcuts, onShortcut }
  useEffect(() => {
    let [pending, at]: [readonly string[], number] = [[], 0]
    const onKeyDown = (event: KeyboardEvent) => {
      if (!isCommand(event)) return
      const known = event.timeStamp - at < PENDING_MS ? pending : []
      const pressed = press(known, event.key, latest.current.shortcuts)
      pending = pressed.pending
      at = event.timeStamp
      if (!pressed.shortcut) return
      event.preventDefault()
      latest.current.onShortcut(pressed.shortcut)
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [])
}

function isCommand(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.isComposing || event.repeat) return false
  if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return false
  return !(event.target instanceof Element && event.target.closest(TYPING)) && !isDialogOpen()
}

export const isDialogOpen = (): boolean => document.querySelector('[role=dialog]') !== null
