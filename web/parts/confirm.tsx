import { Button, Group, Modal, Stack } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failure } from './failure.tsx'

type Props = {
  title: string
  /** What the action will do. */
  children: ReactNode
  /** The label of the button: `Abort deployment`. */
  action: string
  color?: string
  /** Something is missing that the action needs. */
  disabled?: boolean
  onConfirm: () => Promise<unknown>
  onClose: () => void
}

/** Asks for confirmation of an action, and shows the error if it fails. */
export function Confirm({ title, children, action, color = 'red', disabled = false, onConfirm, onClose }: Props) {
  const confirm = useMutation({ mutationFn: onConfirm, onSuccess: onClose })
  return (
    <Modal opened onClose={onClose} title={title}>
      <Stack>
        {children}
        {confirm.error && <Failure error={confirm.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button color={color} disabled={disabled} loading={confirm.isPending} onClick={() => confirm.mutate()}>
            {action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
