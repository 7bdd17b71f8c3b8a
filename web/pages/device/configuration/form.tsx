import { ActionIcon, Button, Group, Stack, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  type Configuration,
  deployConfiguration,
  saveConfiguration,
  useConfigurationChanged,
} from '../../../api/configuration.ts'
import { isRefusal } from '../../../api/http.ts'
import { Failure } from '../../../parts/failure.tsx'

type Draft = { key: string; value: string }
type Props = { id: string; values: Configuration; etag: string; onClose: () => void }

/** Edits all keys and values, to be saved, or saved and deployed. */
export function ConfigurationForm({ id, values, etag, onClose }: Props) {
  const [drafts, setDrafts] = useState<Draft[]>(() => {
    const given = Object.entries(values).map(([key, value]) => ({ key, value }))
    return given.length > 0 ? given : [NEW]
  })
  const [isChecked, setChecked] = useState(false)
  const { saving, save } = useSaving({ id, etag, onClose })
  const change = (at: number, changed: Partial<Draft>) =>
    setDrafts(drafts.map((draft, i) => (i === at ? { ...draft, ...changed } : draft)))
  const submit = (isDeployed: boolean) => {
    setChecked(true)
    if (drafts.every((draft) => problemOf(draft, drafts) === undefined)) save({ drafts, isDeployed })
  }
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        submit(false)
      }}
    >
      <Stack gap="xs">
        {drafts.map((draft, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a key that is being written has no name yet
          <Group key={at} gap="xs" wrap="nowrap" align="flex-start">
            <TextInput
              aria-label={`Key ${at + 1}`}
              placeholder="timezone"
              maxLength={4096}
              value={draft.key}
              error={isChecked && problemOf(draft, drafts)}
              onChange={(event) => change(at, { key: event.currentTarget.value })}
            />
            <TextInput
              className="grow"
              aria-label={`Value ${at + 1}`}
              placeholder="Europe/Oslo"
              maxLength={4096}
              value={draft.value}
              onChange={(event) => change(at, { value: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={`Remove key ${at + 1}`}
              onClick={() => setDrafts(drafts.toSpliced(at, 1))}
            >
              <IconTrash size={18} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        {saving.error && <Failure error={explained(saving.error)} />}
        <Group justify="space-between">
          <Button
            size="xs"
            variant="subtle"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => setDrafts([...drafts, NEW])}
          >
            Add key
          </Button>
          <Group gap="xs">
            <Button size="xs" variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button size="xs" variant="default" type="submit" disabled={saving.isPending}>
              Save
            </Button>
            <Button size="xs" loading={saving.isPending} onClick={() => submit(true)}>
              Save and deploy
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  )
}

const NEW: Draft = { key: '', value: '' }

/** Lines without a key and a value are left out. */
function problemOf({ key, value }: Draft, drafts: readonly Draft[]): string | undefined {
  if (key === '') return value === '' ? undefined : 'Enter a key'
  return drafts.filter((other) => other.key === key).length > 1 ? 'This key is there twice' : undefined
}

type Saving = { drafts: readonly Draft[]; isDeployed: boolean }

function useSaving({ id, etag, onClose }: Omit<Props, 'values'>) {
  const onChanged = useConfigurationChanged()
  const saving = useMutation({
    async mutationFn({ drafts, isDeployed }: Saving) {
      const kept = drafts.filter(({ key }) => key !== '')
      await saveConfiguration(id, Object.fromEntries(kept.map(({ key, value }) => [key, value])), etag)
      if (isDeployed) await deployConfiguration(id)
    },
    onSuccess: async () => {
      await onChanged()
      onClose()
    },
    // After "Cancel", the card shows the changes of other users.
    onError: onChanged,
  })
  return { saving, save: (what: Saving) => saving.mutate(what) }
}

const explained = (error: Error) =>
  isRefusal(error, 'version_mismatch')
    ? new Error('Someone else has changed the configuration. Cancel to see it as it is, then edit again.')
    : error
