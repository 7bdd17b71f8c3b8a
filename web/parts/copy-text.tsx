import { Button, Code, CopyButton, Group } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'

/** A text with a button to copy it. */
export function CopyText({ text, label }: { text: string; label: string }) {
  return (
    <Group gap="xs" align="flex-start" wrap="wrap">
      <Code block className="copy-source" aria-label={label}>
        {text}
      </Code>
      <CopyButton value={text} timeout={3000}>
        {({ copied, copy }) => (
          <Button
            variant="default"
            onClick={copy}
            leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
          >
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
      </CopyButton>
    </Group>
  )
}
