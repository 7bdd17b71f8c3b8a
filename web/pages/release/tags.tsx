import { Badge, Group, TagsInput, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { problemOf } from '../../api/http.ts'
import { releasesChanged, saveTags, useReleaseTags } from '../../api/releases.ts'
import { useMay } from '../../api/session.ts'

/** The tags of the release. Every change is saved immediately. */
export function Tags({ name, tags }: { name: string; tags: string[] }) {
  const may = useMay()
  const known = useReleaseTags()
  const queries = useQueryClient()
  const save = useMutation({
    mutationFn: (changed: string[]) => saveTags(name, changed),
    onSettled: () => releasesChanged(queries),
  })
  if (!may('release_tags'))
    return (
      <Group gap="xs">
        <Text size="sm" fw={500}>
          Tags
        </Text>
        {tags.length === 0 ? <Text size="sm">none</Text> : tags.map((tag) => <Badge key={tag}>{tag}</Badge>)}
      </Group>
    )
  return (
    <TagsInput
      label="Tags"
      description={
        save.isPending
          ? 'Saving…'
          : save.isSuccess
            ? 'Saved'
            : 'For finding releases and limiting roles. Press Enter to add a tag.'
      }
      placeholder={tags.length === 0 ? 'stable' : ''}
      data={known.data ?? []}
      value={save.isPending ? save.variables : tags}
      onChange={(changed) => save.mutate(changed)}
      maxTags={20}
      maw={700}
      {...(save.error ? { error: problemOf(save.error).sentence } : {})}
    />
  )
}
