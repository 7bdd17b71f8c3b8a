import { useEffect } from 'react'
import { useSession } from './session.ts'

export type Recent = { kind: 'device' | 'release' | 'deployment'; href: string; label: string }

const KEY = 'muster-recent'
const MOST = 6

/** What this user opened last in this browser, the newest first. */
export function recentOf(user_id: string): Recent[] {
  try {
    const { of, items } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as { of?: string; items?: Recent[] }
    return of === user_id && Array.isArray(items) ? items : []
  } catch {
    // No storage, or not written by this page.
    return []
  }
}

/** Remembers that a page was opened, once the name of what it shows is known. */
export function useRemembered(kind: Recent['kind'], href: string, label: string | undefined): void {
  const { user } = useSession()
  useEffect(() => {
    if (label === undefined) return
    const others = recentOf(user.id).filter((one) => one.href !== href)
    const items = [{ kind, href, label }, ...others].slice(0, MOST)
    try {
      localStorage.setItem(KEY, JSON.stringify({ of: user.id, items }))
    } catch {
      // No storage: nothing is remembered.
    }
  }, [kind, href, label, user.id])
}

/** The next user of this browser must not see them. */
export function forgetRecent(): void {
  try {
    localStorage.removeItem(KEY)
  } catch {
    // No storage.
  }
}
