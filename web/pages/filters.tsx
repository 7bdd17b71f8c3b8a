import { Button, Stack, Text } from '@mantine/core'
import { IconFilter, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { FILTERS_EXPORT, useSavedFilterPage } from '../api/filters.ts'
import { useMay, useSession } from '../api/session.ts'
import { usePaging } from '../api/use-paging.ts'
import { Empty } from '../parts/empty.tsx'
import { ExportCsv } from '../parts/export-csv.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { Pager } from '../parts/pager.tsx'
import { PastEnd } from '../parts/past-end.tsx'
import { NewFilter } from './filters/editor.tsx'
import { FilterRow } from './filters/row.tsx'
import './filters/filters.css'

/** The saved filters, which are edited in place. */
export default function Filters() {
  const is_in_plan = useSession().features.saved_filters === true
  const may_change = useMay()('filters')
  const [page, goTo] = usePaging()
  const filters = useSavedFilterPage(page, { enabled: is_in_plan })
  const [isCreating, setCreating] = useState(false)
  const create = may_change && !isCreating && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      New filter
    </Button>
  )
  if (!is_in_plan) return <NotInPlan />
  const actions = (
    <>
      <ExportCsv path={FILTERS_EXPORT} />
      {create}
    </>
  )
  return (
    <Page title="Filters" actions={filters.data && filters.data.total > 0 && actions}>
      <Stack>
        <Text c="dimmed" maw="46rem">
          A filter selects devices by their attributes. Deployments keep the conditions that it had when they were
          created.
        </Text>
        {isCreating && <NewFilter onClose={() => setCreating(false)} />}
        <Loaded query={filters} lines={6}>
          {({ rows, total }) =>
            total > 0 && rows.length === 0 ? (
              <PastEnd onFirst={() => goTo({ ...page, page: 1 })} />
            ) : total > 0 ? (
              <div className={filters.isPlaceholderData ? 'stale' : undefined}>
                <ul className="filter-list" aria-label="Filters">
                  {rows.map((filter) => (
                    <FilterRow key={filter.id} filter={filter} />
                  ))}
                </ul>
                <Pager {...page} total={total} onChange={goTo} />
              </div>
            ) : (
              !isCreating && (
                <Empty icon={IconFilter} title="No filters yet" action={create}>
                  Save the devices of a region, a hardware revision or a pilot as a filter, and deploy to them by name,
                  also to devices that match later.
                </Empty>
              )
            )
          }
        </Loaded>
      </Stack>
    </Page>
  )
}

const NotInPlan = () => (
  <Page title="Filters">
    <Empty icon={IconFilter} title="Saved filters are part of the Enterprise plan">
      To change the plan, run muster tenant set-plan on the server. The list of devices can be filtered in every plan.
    </Empty>
  </Page>
)
