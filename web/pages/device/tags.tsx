import { Button, Group, Stack, Text } from '@mantine/core'
import { IconPencil, IconPlus } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type Attribute, DEVICES_KEY, type Device, type NewAttribute, saveTags } from '../../api/devices.ts'
import { isRefusal } from '../../api/http.ts'
import { useMay } from '../../api/session.ts'
import { Facts } from '../../parts/facts.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Section } from '../../parts/section.tsx'
import { type Pair, PairRows } from './pair-rows.tsx'

const tagsOf = ({ attributes }: Device) => attributes.filter(({ scope }) => scope === 'tags')
const text = ({ value }: Pick<Attribute, 'value'>) => [value].flat().join(', ')

/** The tags of the device, set by users. */
export function Tags({ device, etag }: { device: Device; etag: string }) {
  const [editing, setEditing] = useState<{ tags: Attribute[]; etag: string }>()
  const may = useMay()
  const tags = tagsOf(device)
  return (
    <Section
      title="Tags"
      actions={
        may('devices') &&
        !editing && (
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconPencil size={14} aria-hidden />}
            onClick={() => setEditing({ tags, etag })}
          >
            Edit tags
          </Button>
        )
      }
    >
      {editing ? (
        <TagsForm id={device.id} {...editing} onClose={() => setEditing(undefined)} />
      ) : tags.length > 0 ? (
        <Facts of={tags.map((tag) => [tag.name, text(tag)])} />
      ) : (
        <Text size="sm" c="dimmed">
          No tags yet. Use tags for facts that the device does not report, such as its location; filters can use them. A
          tag called name is shown as the name of the device.
        </Text>
      )}
    </Section>
  )
}

type Draft = Pair & { original?: Attribute }
type FormProps = { id: string; tags: Attribute[]; etag: string; onClose: () => void }

function TagsForm({ id, tags, etag, onClose }: FormProps) {
  const [drafts, setDrafts] = useState<Draft[]>(() => [
    ...tags.map((original) => ({ name: original.name, value: text(original), original })),
    ...(tags.length === 0 ? [{ name: '', value: '' }] : []),
  ])
  const queries = useQueryClient()
  const saving = useMutation({
    mutationFn: () => saveTags(id, drafts.filter(({ name, value }) => name || value).map(toTag), etag),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: DEVICES_KEY })
      onClose()
    },
    // After "Cancel", the tags include the changes of other users.
    onError: () => queries.invalidateQueries({ queryKey: DEVICES_KEY }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    saving.mutate()
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        <PairRows
          pairs={drafts}
          name={{
            label: (number) => `Name of tag ${number}`,
            placeholder: 'location',
            problemOf: ({ name, value }) => (saving.error && name === '' && value !== '' ? 'Enter a name' : undefined),
          }}
          value={{ label: (number) => `Value of tag ${number}`, placeholder: 'roof' }}
          remove={(number) => `Remove tag ${number}`}
          onChange={setDrafts}
        />
        {saving.error && <Failure error={explained(saving.error)} />}
        <Group justify="space-between">
          <Button
            size="xs"
            variant="subtle"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => setDrafts([...drafts, { name: '', value: '' }])}
          >
            Add tag
          </Button>
          <Group gap="xs">
            <Button size="xs" variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button size="xs" type="submit" loading={saving.isPending}>
              Save tags
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  )
}

/** Unchanged values keep their type, such as a number or a list. */
const toTag = ({ name, value, original }: Draft): NewAttribute => ({
  ...{ name, value: original && text(original) === value ? original.value : value },
  ...(original?.description === undefined ? {} : { description: original.description }),
})

const explained = (error: Error) =>
  isRefusal(error, 'version_mismatch')
    ? new Error('Someone else has changed the tags. Cancel to see the current tags, then edit again.')
    : error
