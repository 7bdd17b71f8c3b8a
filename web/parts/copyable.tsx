import './copyable.css'
import { ActionIcon, Box, Group } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useState } from 'react'

/** How long the button confirms the copy. */
const COPIED_FOR_MS = 2000

/** A button that copies a text. `what`: the name of the text, such as `checksum`. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false)
  const Icon = copied ? IconCheck : IconCopy
  const copy = async () => {
    await copyText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), COPIED_FOR_MS)
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

/** A text of a fact, such as an ID, with a button to copy it. */
export const Copyable = ({ text, what }: { text: string; what: string }) => (
  <Group gap="2xs" wrap="nowrap" component="span">
    <span className="mono">{text}</span>
    <Copy text={text} what={what} />
  </Group>
)

/** A command to run in a terminal, with a button to copy it. */
export function Command({ lines, what = 'command' }: { lines: string; what?: string }) {
  return (
    <Box className="command">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable content must be reachable by keyboard */}
      <pre tabIndex={0}>{lines}</pre>
      <Copy text={lines} what={what} />
    </Box>
  )
}

/** The clipboard API requires https; on other pages, the deprecated command works. */
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
