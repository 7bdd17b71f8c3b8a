import { Button, Group, Stack } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
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
import { type Pair, PairRows } from '../pair-rows.tsx'

type Props = { id: string; values: Configuration; etag: string; onClose: () => void }

/** Edits all keys and values, to be saved, or saved and deployed. */
export function ConfigurationForm({ id, values, etag, onClose }: Props) {
  const [drafts, setDrafts] = useState<Pair[]>(() => {
    const given = Object.entries(values).map(([name, value]) => ({ name, value }))
    return given.length > 0 ? given : [NEW]
  })
  const [isChecked, setChecked] = useState(false)
  const { saving, save } = useSaving({ id, etag, onClose })
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
        <PairRows
          pairs={drafts}
          name={{
            label: (number) => `Key ${number}`,
            placeholder: 'timezone',
            problemOf: (draft) => (isChecked ? problemOf(draft, drafts) : undefined),
          }}
          value={{ label: (number) => `Value ${number}`, placeholder: 'Europe/Oslo' }}
          remove={(number) => `Remove key ${number}`}
          maxLength={4096}
          onChange={setDrafts}
        />
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

const NEW: Pair = { name: '', value: '' }

/** Lines without a key and a value are left out. */
function problemOf({ name, value }: Pair, drafts: readonly Pair[]): string | undefined {
  if (name === '') return value === '' ? undefined : 'Enter a key'
  return drafts.filter((other) => other.name === name).length > 1 ? 'This key is there twice' : undefined
}

type Saving = { drafts: readonly Pair[]; isDeployed: boolean }

function useSaving({ id, etag, onClose }: Omit<Props, 'values'>) {
  const onChanged = useConfigurationChanged()
  const saving = useMutation({
    async mutationFn({ drafts, isDeployed }: Saving) {
      const kept = drafts.filter(({ name }) => name !== '')
      await saveConfiguration(id, Object.fromEntries(kept.map(({ name, value }) => [name, value])), etag)
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
