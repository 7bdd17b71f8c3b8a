import { Button, Stack, Text, TextInput } from '@mantine/core'
import { IconSearch, IconStack2 } from '@tabler/icons-react'
import { useState } from 'react'
import { type CountedGroup, GROUPS_EXPORT, useCountedGroups } from '../api/devices.ts'
import { usePaging } from '../api/use-paging.ts'
import { useQueryState } from '../api/use-query-state.ts'
import { Empty } from '../parts/empty.tsx'
import { ExportCsv } from '../parts/export-csv.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { Pager } from '../parts/pager.tsx'
import { PastEnd } from '../parts/past-end.tsx'
import { DeleteGroup } from './groups/delete-group.tsx'
import { GroupTable } from './groups/table.tsx'

/** Fewer groups need no search. */
const SEARCHED_FROM = 10

/** All groups with their devices. A group exists while a device is in it. */
export default function Groups() {
  const groups = useCountedGroups()
  const [params, change] = useQueryState()
  const text = params.get('q') ?? ''
  const [page, goTo] = usePaging(50)
  const [deleted, setDeleted] = useState<CountedGroup>()
  return (
    <Page title="Groups" actions={groups.data && groups.data.length > 0 && <ExportCsv path={GROUPS_EXPORT} />}>
      <Stack>
        <Text c="dimmed" maw="46rem">
          A device is in at most one group. A group is made by putting the first device into it, and ends with the last
          one that leaves. To rename a group, select its devices and add them to a group of the new name.
        </Text>
        <Loaded query={groups} lines={6}>
          {(all) => {
            if (all.length === 0) return <NoGroups />
            const found = all.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()))
            const first = (page.page - 1) * page.per_page
            return (
              <Stack gap="sm">
                {all.length >= SEARCHED_FROM && (
                  <TextInput
                    maw="34rem"
                    aria-label="Search groups"
                    placeholder="Search by name"
                    leftSection={<IconSearch size={16} aria-hidden />}
                    value={text}
                    onChange={({ currentTarget: { value } }) => change({ q: value, page: '' })}
                  />
                )}
                {found.length === 0 ? (
                  <NoMatchingGroups text={text} onClear={() => change({ q: '', page: '' })} />
                ) : first >= found.length ? (
                  <PastEnd onFirst={() => goTo({ ...page, page: 1 })} />
                ) : (
                  <GroupTable
                    groups={found.slice(first, first + page.per_page)}
                    largest={Math.max(...all.map(({ device_count }) => device_count))}
                    onDelete={setDeleted}
                  />
                )}
                <Pager {...page} total={found.length} onChange={goTo} />
              </Stack>
            )
          }}
        </Loaded>
      </Stack>
      {deleted && <DeleteGroup group={deleted} onClose={() => setDeleted(undefined)} />}
    </Page>
  )
}

const NoMatchingGroups = ({ text, onClear }: { text: string; onClear: () => void }) => (
  <Empty
    icon={IconStack2}
    title="No matching groups"
    action={
      <Button variant="default" onClick={onClear}>
        Show all groups
      </Button>
    }
  >
    No group has “{text}” in its name.
  </Empty>
)

const NoGroups = () => (
  <Empty icon={IconStack2} title="No groups yet">
    Select devices in the list of devices, and choose “Add to group”.
  </Empty>
)
