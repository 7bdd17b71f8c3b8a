import './copyable.css'
import { ActionIcon, Box } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useState } from 'react'

/** What is said for a while once it is copied. */
const SAID_FOR_MS = 2000

/** Copies a text; what it is: `checksum`. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false)
  const Icon = copied ? IconCheck : IconCopy
  const copy = async () => {
    await copyText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), SAID_FOR_MS)
  }
  return (
    <ActionIcon
      variant="subtle"
      color={copied ? 'teal' : 'gray'}
      size="sm"
      aria-label={copied ? `Copied ${what}` : `Copy ${what}`}
      onClick={copy}
    >
      <Icon size={16} aria-hidden />
    </ActionIcon>
  )
}

/** Lines to be run in a terminal. */
export function Command({ lines, what = 'command' }: { lines: string; what?: string }) {
  return (
    <Box className="command">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre tabIndex={0}>{lines}</pre>
      <Copy text={lines} what={what} />
    </Box>
  )
}

/** Browsers give the clipboard only to pages that came by https; the old way works for the others. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  area.setAttribute('readonly', '')
  area.className = 'off-screen'
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}
