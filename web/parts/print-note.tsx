import { useEffect, useState } from 'react'
import { flushSync } from 'react-dom'
import { serverNow } from '../api/clock.ts'
import { Time } from './time.tsx'

/**
 * On paper: where the page is from, and of when. What a page shows only after a click is opened, so that the tables are
 * printed in place of the charts, and the colors are those on white.
 */
export function PrintNote() {
  const [at, setAt] = useState(serverNow)
  useEffect(() => {
    let restore = () => {}
    const before = () => {
      flushSync(() => setAt(serverNow()))
      restore = prepareForPaper()
    }
    const after = () => restore()
    addEventListener('beforeprint', before)
    addEventListener('afterprint', after)
    return () => {
      removeEventListener('beforeprint', before)
      removeEventListener('afterprint', after)
    }
  }, [])
  return (
    <p className="print-note">
      {location.href}
      <br />
      Printed <Time at={new Date(at).toISOString()} />
    </p>
  )
}

/** Returns how to undo it. */
function prepareForPaper(): () => void {
  const root = document.documentElement
  const scheme = root.dataset.mantineColorScheme
  root.dataset.mantineColorScheme = 'light'
  const closed = [...document.querySelectorAll<HTMLDetailsElement>('details.chart-table:not([open])')]
  for (const one of closed) one.open = true
  return () => {
    if (scheme) root.dataset.mantineColorScheme = scheme
    for (const one of closed) one.open = false
  }
}
