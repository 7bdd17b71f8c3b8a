import { ActionIcon, Button, Group, Text, TextInput } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../../api/http.ts'
import { type Artifact, describeArtifact, releasesChanged } from '../../api/releases.ts'
import { useMay } from '../../api/session.ts'

/** The description of the artifact, which can be edited. */
export function Description({ artifact: { id, description } }: { artifact: Artifact }) {
  const may = useMay()
  const queries = useQueryClient()
  const [draft, setDraft] = useState<string>()
  const save = useMutation({
    mutationFn: (text: string) => describeArtifact(id, text),
    onSuccess: async () => {
      await releasesChanged(queries)
      setDraft(undefined)
    },
  })
  if (draft === undefined)
    return (
      <Group gap="xs">
        <Text size="sm" {...(description ? {} : { c: 'dimmed' })}>
          {description || 'No description'}
        </Text>
        {may('artifacts') && (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label="Edit description"
            onClick={() => setDraft(description)}
          >
            <IconPencil size={16} aria-hidden />
          </ActionIcon>
        )}
      </Group>
    )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(draft)
      }}
    >
      <Group gap="xs" align="flex-end">
        <TextInput
          label="Description"
          flex="1 1 16rem"
          value={draft}
          onChange={({ currentTarget }) => setDraft(currentTarget.value)}
          {...(save.error ? { error: problemOf(save.error).sentence } : {})}
        />
        <Button type="submit" loading={save.isPending}>
          Save
        </Button>
        <Button variant="default" onClick={() => setDraft(undefined)}>
          Cancel
        </Button>
      </Group>
    </form>
  )
}
