import { Alert, Button, Group, Stack } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'

type Props = {
  /** The verb on the button. */
  action: string
  /** What is wrong and concerns no field. */
  problem?: string | undefined
  is_pending: boolean
  disabled?: boolean
  onSubmit: () => unknown
  onCancel?: () => void
  children: ReactNode
}

/** Fields, what is wrong, and the button that sends them. */
export function Form({ action, problem, is_pending, disabled = false, onSubmit, onCancel, children }: Props) {
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!is_pending) onSubmit()
  }
  return (
    <form className="form" onSubmit={submit}>
      <Stack gap="sm">
        {children}
        {problem && (
          <Alert color="red" variant="light" role="alert">
            {problem}
          </Alert>
        )}
        <Group mt="xs" justify={onCancel ? 'flex-end' : 'flex-start'}>
          {onCancel && (
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
          )}
          <Button type="submit" loading={is_pending} disabled={disabled}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
