import { Button, Group, Stack, Text } from '@mantine/core'
import { IconFilter, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { useMayManageAllDevices } from '../api/ddi.ts'
import type { Device } from '../api/devices.ts'
import { finishedTerms, termProblemOf, useDeviceSearch } from '../api/filters.ts'
import { useMay } from '../api/session.ts'
import { DeployMatching } from '../parts/deploy/deploy-matching.tsx'
import { ExportCsv } from '../parts/export-csv.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { LoadingSkeleton } from '../parts/loading-skeleton.tsx'
import { Page } from '../parts/page.tsx'
import { Pager } from '../parts/pager.tsx'
import { DataAge } from '../parts/time.tsx'
import { AddDevice } from './devices/add-device.tsx'
import { exportQuery, queryOf, sortOf, statusLabel, useView } from './devices/address.ts'
import { useColumns } from './devices/columns.ts'
import { ColumnsButton } from './devices/columns-button.tsx'
import { NoDevices } from './devices/no-devices.tsx'
import { SearchField } from './devices/search-field.tsx'
import { isNothing, useSelection } from './devices/selection.ts'
import { SelectionBar } from './devices/selection-bar.tsx'
import { StatusChips } from './devices/status-chips.tsx'
import { DeviceTable } from './devices/table.tsx'
import { TermsPanel } from './devices/terms-panel.tsx'

/** Of a status or a search: `Pending`, `Accepted “gateway”`. */
const titleOf = ({ status, text }: ReturnType<typeof useView>[0]): string | undefined =>
  [status && statusLabel(status), text && `“${text}”`].filter(Boolean).join(' ') || undefined

type ShownProps = { view: ReturnType<typeof useView>[0]; rows: readonly Device[]; total: number }

/** Only accepted devices can be the target of a deployment. */
const DeployShown = ({ view: { status, terms, text }, rows, total }: ShownProps) =>
  ['', 'accepted'].includes(status) && (
    <DeployMatching {...{ terms: finishedTerms(terms), text, total }} page={rows.map(({ id }) => id)} />
  )

export default function Devices() {
  const [view, change] = useView()
  const [filtering, setFiltering] = useState(view.terms.length > 0)
  const [adding, setAdding] = useState(false)
  const may = useMay()
  const mayAdd = useMayManageAllDevices()
  const query = { ...queryOf(view), filters: queryOf({ ...view, terms: finishedTerms(view.terms) }).filters }
  const found = useDeviceSearch({ ...query, sort: sortOf(view), page: view.page, per_page: view.per_page })
  const columns = useColumns()
  const [selection, setSelection] = useSelection(JSON.stringify(query))
  return (
    <Page
      title="Devices"
      section={titleOf(view)}
      aside={found.dataUpdatedAt > 0 && <DataAge at={found.dataUpdatedAt} live={!found.failureReason} />}
      actions={
        mayAdd && (
          <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
            Add DDI device
          </Button>
        )
      }
    >
      {adding && <AddDevice onClose={() => setAdding(false)} />}
      <Stack gap="md">
        <StatusChips status={view.status} onChange={(status) => change({ status })} />
        <Group gap="sm">
          <SearchField text={view.text} onChange={(text) => change({ text }, { replace: true })} />
          <Button
            variant={view.terms.length > 0 ? 'light' : 'default'}
            leftSection={<IconFilter size={16} aria-hidden />}
            aria-expanded={filtering}
            onClick={() => setFiltering(!filtering)}
          >
            {view.terms.length > 0 ? `Filter (${view.terms.length})` : 'Filter'}
          </Button>
          {found.data && isNothing(selection) && <DeployShown view={view} {...found.data} />}
          <Group gap="sm" ml="auto">
            <ColumnsButton {...columns} />
            <ExportCsv
              path="/api/management/v2/inventory/devices/export"
              query={exportQuery(query, view, columns.columns)}
            />
          </Group>
        </Group>
        {filtering && <TermsPanel terms={view.terms} onChange={(terms) => change({ terms }, { replace: true })} />}
        {termProblemOf(found.error) && !found.data ? (
          <Text c="dimmed">Correct the condition above to see the matching devices.</Text>
        ) : (
          <Loaded query={found} lines={8}>
            {({ rows, total }) => (
              <>
                {(may('devices') || may('deployments')) && (
                  <SelectionBar
                    {...{ query, total, selection }}
                    isStale={found.isPlaceholderData}
                    status={view.status}
                    onChange={setSelection}
                    page={rows.map(({ id }) => id)}
                  />
                )}
                {columns.isLoading ? (
                  <LoadingSkeleton lines={8} />
                ) : rows.length === 0 ? (
                  <NoDevices view={view} total={total} onChange={change} />
                ) : (
                  <DeviceTable
                    devices={rows}
                    columns={columns.columns}
                    searched={found.isPlaceholderData ? '' : view.text}
                    isStale={found.isPlaceholderData}
                    sort={view.sort}
                    onSort={(sort) => change({ sort })}
                    selection={may('devices') || may('deployments') ? selection : undefined}
                    onSelect={setSelection}
                  />
                )}
                <Pager page={view.page} per_page={view.per_page} total={total} onChange={(page) => change(page)} />
              </>
            )}
          </Loaded>
        )}
      </Stack>
    </Page>
  )
}
