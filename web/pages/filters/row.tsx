import { Anchor, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconPencil, IconRocket, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'wouter'
import { counted } from '../../../src/texts/numbers.ts'
import { type SavedFilter, useMatchCount } from '../../api/filters.ts'
import { problemOf } from '../../api/http.ts'
import { useMay } from '../../api/session.ts'
import { deployToFilter, devicesMatching } from '../../parts/links.ts'
import { ConfirmDelete, sentenceOf } from '../../parts/saved-filters.tsx'
import { EditFilter } from './editor.tsx'

/** A filter with its conditions as a sentence and the number of matching devices. */
export function FilterRow({ filter }: { filter: SavedFilter }) {
  const [open, setOpen] = useState<'edit' | 'delete'>()
  const may = useMay()
  if (open === 'edit')
    return (
      <li>
        <EditFilter filter={filter} onClose={() => setOpen(undefined)} />
      </li>
    )
  const { id, name, terms } = filter
  return (
    <Group component="li" className="card" justify="space-between" align="flex-start" gap="sm">
      <Stack gap="2xs" flex="1 1 20rem" miw={0}>
        <Title order={2} size="h4" className="break-anywhere">
          {name}
        </Title>
        <Text size="sm" c="dimmed" lineClamp={3} className="break-anywhere">
          {sentenceOf(terms)}
        </Text>
        <Matching filter={filter} />
      </Stack>
      <Group gap="xs">
        {may('deployments') && (
          <Button
            component={Link}
            href={deployToFilter(id)}
            variant="default"
            size="xs"
            aria-label={`Deploy to ${name}`}
            leftSection={<IconRocket size={15} aria-hidden />}
          >
            Deploy
          </Button>
        )}
        {may('filters') && (
          <>
            <Button
              variant="default"
              size="xs"
              aria-label={`Edit ${name}`}
              leftSection={<IconPencil size={15} aria-hidden />}
              onClick={() => setOpen('edit')}
            >
              Edit
            </Button>
            <Button
              variant="subtle"
              color="red"
              size="xs"
              aria-label={`Delete ${name}`}
              leftSection={<IconTrash size={15} aria-hidden />}
              onClick={() => setOpen('delete')}
            >
              Delete
            </Button>
          </>
        )}
      </Group>
      {open === 'delete' && <ConfirmDelete filter={filter} onClose={() => setOpen(undefined)} />}
    </Group>
  )
}

function Matching({ filter: { terms } }: { filter: SavedFilter }) {
  const { data, error } = useMatchCount(terms)
  if (error)
    return (
      <Text size="sm" c="dimmed">
        Not counted: {problemOf(error).sentence}
      </Text>
    )
  if (data === undefined) return <Skeleton height={16} width={140} mt="2xs" />
  return (
    <Anchor component={Link} href={devicesMatching(terms)} size="sm" className="numbers">
      {counted(data, 'accepted device')}
    </Anchor>
  )
}
