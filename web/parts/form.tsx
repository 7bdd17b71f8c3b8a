import { Button, Group, Modal, Stack } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'
import { Problem } from './problem.tsx'

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
        <Problem>{problem}</Problem>
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

type DialogProps = Omit<Props, 'onCancel'> & { title: string; size?: 'md' | 'lg' | 'xl'; onClose: () => void }

export const FormDialog = ({ title, size = 'md', onClose, ...form }: DialogProps) => (
  <Modal opened title={title} size={size} onClose={onClose}>
    <Form {...form} onCancel={onClose} />
  </Modal>
)
