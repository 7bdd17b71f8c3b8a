import { Button, FileButton, Group, Modal, Stack, Text } from '@mantine/core'
import { counted } from '../../../src/texts/numbers.ts'
import { UploadRow } from './upload-row.tsx'
import type { UploadItem, Uploads } from './uploads.ts'

type Props = { uploads: Uploads; deviceTypes: string[]; onClose: () => void }

/** The files that were chosen or dropped, and the result of their upload. */
export function UploadDialog({ uploads, deviceTypes, onClose }: Props) {
  const { items, isSending } = uploads
  const left = items.filter(({ state }) => state !== 'done')
  const close = () => {
    uploads.clear()
    onClose()
  }
  return (
    <Modal
      opened
      onClose={close}
      title="Upload"
      size="lg"
      closeOnEscape={!isSending}
      closeOnClickOutside={false}
      withCloseButton={!isSending}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void uploads.start()
        }}
      >
        <Stack gap="md">
          {items.length === 0 && (
            <Text size="sm" c="dimmed">
              Choose files, or drop them anywhere on the page. Files of Mender (.mender), SWUpdate (.swu) and RAUC
              (.raucb) are kept as they are. From any other file, the server can create an artifact for Mender clients.
            </Text>
          )}
          <Stack component="ul" gap="md" className="unstyled-list">
            {items.map((item) => (
              <UploadRow
                key={item.key}
                item={item}
                deviceTypes={deviceTypes}
                isLocked={isSending}
                onChange={(change) => uploads.change(item.key, change)}
                onRemove={() => uploads.remove(item.key)}
              />
            ))}
          </Stack>
          <Group justify="space-between">
            <FileButton multiple onChange={uploads.add} disabled={isSending}>
              {(button) => (
                <Button variant="default" {...button}>
                  Choose files
                </Button>
              )}
            </FileButton>
            <Buttons
              isSending={isSending}
              left={left}
              onCancel={uploads.cancel}
              onClose={close}
              any={items.length > 0}
            />
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

type ButtonsProps = { isSending: boolean; left: UploadItem[]; any: boolean; onCancel: () => void; onClose: () => void }

function Buttons({ isSending, left, any, onCancel, onClose }: ButtonsProps) {
  // Keys make these separate elements: a button that became the submit button during a click would submit the form.
  if (isSending)
    return (
      <Button key="cancel" variant="default" onClick={onCancel}>
        Cancel upload
      </Button>
    )
  if (any && left.length === 0)
    return (
      <Button key="done" onClick={onClose}>
        Done
      </Button>
    )
  const again = left.length > 0 && left.every(({ state }) => state === 'failed')
  return (
    <Button key="submit" type="submit" disabled={left.length === 0 || !left.every(isComplete)}>
      {again ? 'Try again' : `Upload ${left.length === 0 ? '' : counted(left.length, 'file')}`}
    </Button>
  )
}

const isComplete = ({ plain }: UploadItem): boolean =>
  plain === undefined ||
  (plain.name !== '' && plain.device_types.length > 0 && (plain.dialect === 'ddi' || plain.dest_dir !== ''))
