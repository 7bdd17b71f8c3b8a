import { Alert, Button, Group, Stack } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'

type Props = {
  /** The label of the button. */
  action: string
  /** An error that concerns no field. */
  problem?: string | undefined
  is_pending: boolean
  disabled?: boolean
  onSubmit: () => unknown
  onCancel?: () => void
  children: ReactNode
}

/** Fields, an error message and the submit button. */
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
