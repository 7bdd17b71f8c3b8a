import { Button, Group, Modal, Stack } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failure } from './failure.tsx'

type Props = {
  title: string
  /** What it will do, in numbers where there are any. */
  children: ReactNode
  /** The verb on the button: `Abort deployment`. */
  action: string
  color?: string
  onConfirm: () => Promise<unknown>
  onClose: () => void
}

/** Asks before something that cannot be undone, and shows why it did not work. */
export function Confirm({ title, children, action, color = 'red.9', onConfirm, onClose }: Props) {
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
          <Button color={color} loading={confirm.isPending} onClick={() => confirm.mutate()}>
            {action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
