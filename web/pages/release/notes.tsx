import { Button, Group, Stack, Text, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../../api/http.ts'
import { releasesChanged, saveNotes } from '../../api/releases.ts'
import { useMay } from '../../api/session.ts'

const MAX_LENGTH = 1024

/** The notes of the release. */
export function Notes({ name, notes }: { name: string; notes: string }) {
  const may = useMay()
  const queries = useQueryClient()
  // undefined: not edited
  const [draft, setDraft] = useState<string>()
  const save = useMutation({
    mutationFn: (text: string) => saveNotes(name, text),
    onSuccess: async (_, text) => {
      await releasesChanged(queries)
      setDraft((now) => (now === text ? undefined : now))
    },
  })
  if (!may('artifacts'))
    return (
      <Text size="sm" className="notes">
        {notes || 'No notes'}
      </Text>
    )
  return (
    <Stack gap="xs" maw={700}>
      <Textarea
        label="Notes"
        autosize
        minRows={2}
        maxRows={12}
        maxLength={MAX_LENGTH}
        value={draft ?? notes}
        onChange={({ currentTarget }) => {
          save.reset()
          setDraft(currentTarget.value)
        }}
        {...(save.error ? { error: problemOf(save.error).sentence } : {})}
      />
      <Group gap="sm" mih={30}>
        {draft !== undefined && draft !== notes && (
          <>
            <Button size="xs" loading={save.isPending} onClick={() => save.mutate(draft)}>
              Save notes
            </Button>
            <Button size="xs" variant="default" onClick={() => setDraft(undefined)}>
              Discard
            </Button>
            <Text size="sm" c="dimmed" className="numbers">
              {draft.length} of {MAX_LENGTH} characters
            </Text>
          </>
        )}
        <Text size="sm" c="dimmed" role="status">
          {save.isSuccess && 'Notes saved'}
        </Text>
      </Group>
    </Stack>
  )
}
