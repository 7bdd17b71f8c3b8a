import { Button, type ButtonProps, Group, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'

/** `chips`: beside the title. `actions`: buttons at the end. */
type RowProps = { title: string; chips?: ReactNode; actions?: ReactNode; children?: ReactNode }

/** An entry of a list of the class `rows`: its title, and lines below. */
export const ListRow = ({ title, chips, actions, children }: RowProps) => (
  <Group component="li" justify="space-between" align="flex-start" gap="sm">
    <Stack gap="2xs" flex="1 1 16rem" miw={0}>
      <Group gap="xs">
        <Text fw={600}>{title}</Text>
        {chips}
      </Group>
      {children}
    </Stack>
    {actions && <Group gap="xs">{actions}</Group>}
  </Group>
)

export const RowLine = ({ children }: { children: ReactNode }) => (
  <Text size="sm" c="dimmed">
    {children}
  </Text>
)

/** `label`: for screen readers, with the title of the row. */
type ActionProps = ButtonProps & { label: string; isDanger?: boolean; onClick: () => void; 'aria-expanded'?: boolean }

export const RowAction = ({ label, isDanger = false, ...props }: ActionProps) => (
  <Button
    size="xs"
    aria-label={label}
    {...(isDanger ? { variant: 'subtle', color: 'red' } : { variant: 'default' })}
    {...props}
  />
)
