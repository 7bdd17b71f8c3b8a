import { Group, Stack, Title } from '@mantine/core'
import { type ReactNode, useId } from 'react'

type Props = { title: string; aside?: ReactNode; children: ReactNode }

/** A part of a page, with a heading that names it. */
export function Section({ title, aside, children }: Props) {
  const id = useId()
  return (
    <section className="card" aria-labelledby={id}>
      <Stack gap="md">
        <Group justify="space-between" gap="sm">
          <Title order={2} id={id}>
            {title}
          </Title>
          {aside}
        </Group>
        {children}
      </Stack>
    </section>
  )
}
