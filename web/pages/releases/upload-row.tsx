import { ActionIcon, Alert, Anchor, Group, Progress, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconFile, IconX } from '@tabler/icons-react'
import { Link } from 'wouter'
import { bytes, percent } from '../../../src/texts/numbers.ts'
import { isRefusal, problemOf } from '../../api/http.ts'
import { releasePage } from '../../parts/links.ts'
import { PlainFileFields } from './plain-file-fields.tsx'
import type { UploadItem } from './uploads.ts'

type Props = {
  item: UploadItem
  deviceTypes: string[]
  isLocked: boolean
  onChange: (change: Partial<Pick<UploadItem, 'description' | 'plain'>>) => void
  onRemove: () => void
}

/** A file with its upload progress, or the error. */
export function UploadRow({ item, deviceTypes, isLocked, onChange, onRemove }: Props) {
  const { file, state, sent, error, plain, description } = item
  return (
    <li className="card">
      <Stack gap="sm">
        <Group gap="sm" wrap="nowrap" justify="space-between">
          <Group gap="xs" wrap="nowrap" miw={0}>
            <IconFile size={20} stroke={1.6} aria-hidden className="no-shrink" />
            <Text fw={600} size="sm" className="break-anywhere">
              {file.name}
            </Text>
            <Text size="sm" c="dimmed" className="numbers no-shrink">
              {bytes(file.size)}
            </Text>
          </Group>
          {!isLocked && (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove ${file.name} from the list`}
              onClick={onRemove}
            >
              <IconX size={16} aria-hidden />
            </ActionIcon>
          )}
        </Group>
        {state === 'sending' && <Sending sent={sent} size={file.size} name={file.name} />}
        {state === 'done' && (
          <Group gap="xs" role="status">
            <IconCircleCheck size={18} color="var(--mantine-color-teal-filled)" aria-hidden />
            <Text size="sm">Uploaded and verified</Text>
            {plain && (
              <Anchor component={Link} href={releasePage(plain.name)} size="sm">
                View release
              </Anchor>
            )}
          </Group>
        )}
        {state === 'failed' && <UploadError error={error} />}
        {(state === 'waiting' || state === 'failed') && (
          <>
            {plain && (
              <PlainFileFields
                plain={plain}
                deviceTypes={deviceTypes}
                isLocked={isLocked}
                error={error}
                onChange={(changed) => onChange({ plain: changed })}
              />
            )}
            <TextInput
              label="Description"
              value={description}
              disabled={isLocked}
              onChange={({ currentTarget }) => onChange({ description: currentTarget.value })}
            />
          </>
        )}
      </Stack>
    </li>
  )
}

function Sending({ sent, size, name }: { sent: number; size: number; name: string }) {
  const share = (100 * sent) / Math.max(size, 1)
  return (
    <div>
      <Progress.Root size="lg">
        <Progress.Section value={share} animated={sent === size} aria-label={`Upload of ${name}`} />
      </Progress.Root>
      <Text size="sm" c="dimmed" className="numbers" mt="2xs">
        {sent === size ? 'Verifying…' : `${bytes(sent)} of ${bytes(size)}, ${percent(sent, size)}`}
      </Text>
    </div>
  )
}

function UploadError({ error }: { error: unknown }) {
  const conflict = conflictOf(error)
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle aria-hidden />} title="Not uploaded" role="alert">
      <Text size="sm">{problemOf(error).sentence}</Text>
      {conflict && (
        <Text size="sm" mt="xs" className="break-anywhere">
          The existing artifact is <b>{conflict.artifact_name}</b>, for {dependsText(conflict.depends)}. Use another
          name, or delete the existing artifact first.
        </Text>
      )}
    </Alert>
  )
}

type Conflict = { artifact_name: string; depends: Record<string, string | string[]> }

/** The existing artifact that conflicts with the uploaded one. */
function conflictOf(error: unknown): Conflict | undefined {
  if (!isRefusal(error, 'artifact_exists')) return undefined
  const { conflict } = (error.details.metadata ?? {}) as { conflict?: Conflict }
  return conflict
}

const dependsText = (depends: Conflict['depends']): string =>
  Object.entries(depends)
    .map(([name, value]) => `${name} ${[value].flat().join(', ')}`)
    .join('; ')
