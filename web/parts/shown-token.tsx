import { Alert, Button, Group, Modal, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { CopyText } from './copy-text.tsx'

type Props = { title: string; label: string; token: string; onClose: () => void; children: ReactNode }

/** A new token, which cannot be read again. `children`: how it is used. */
export const ShownToken = ({ title, label, token, onClose, children }: Props) => (
  <Modal opened onClose={onClose} title={title} size="lg" closeOnClickOutside={false}>
    <Stack>
      <Alert color="yellow" variant="light">
        Copy the token now: it is not shown again. {children}
      </Alert>
      <CopyText text={token} label={label} />
      <Group justify="flex-end">
        <Button onClick={onClose}>I have copied it</Button>
      </Group>
    </Stack>
  </Modal>
)
