import { Box, Group, Stack, Title } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'

/** For the title of the browser tab: `section`, the state or open section of the page; `kind`, what the page is of. */
type Props = {
  title: string
  section?: string | undefined
  kind?: string | undefined
  aside?: ReactNode
  actions?: ReactNode
  children: ReactNode
}

/** A page. Screen readers announce its heading when it opens, and the browser tab shows it. */
export function Page({ title, section, kind, aside, actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = [section, title, kind, 'Muster'].filter(Boolean).join(' · ')
  }, [section, title, kind])
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  return (
    <Stack gap="md">
      <Group justify="space-between" align="center" gap="sm" mih={36}>
        <Group gap="sm" align="baseline" maw="100%">
          <Title order={1} ref={heading} tabIndex={-1} className="break-anywhere">
            {title}
          </Title>
          {aside}
        </Group>
        {actions && (
          <Group gap="xs" className="no-print">
            {actions}
          </Group>
        )}
      </Group>
      <Box>{children}</Box>
    </Stack>
  )
}
