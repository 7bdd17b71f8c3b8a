import { Group, Table, Text } from '@mantine/core'
import { counted } from '../../../src/texts/numbers.ts'
import { sum } from '../../../src/texts/progress.ts'
import { type Deployment, devicesExport, useDeploymentDevices } from '../../api/deployments.ts'
import { useDeviceNames } from '../../api/targets.ts'
import { usePaging } from '../../api/use-paging.ts'
import { useQueryState } from '../../api/use-query-state.ts'
import { ExportCsv } from '../../parts/export-csv.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Pager } from '../../parts/pager.tsx'
import { PastEnd } from '../../parts/past-end.tsx'
import { useRowsPerPage } from '../../parts/rows-per-page.ts'
import { DeviceRow } from './device-row.tsx'

/** The devices that have started, failed ones first. */
export function Devices({ deployment }: { deployment: Deployment }) {
  const [params] = useQueryState()
  const [paging, goTo] = usePaging(useRowsPerPage())
  const status = params.get('status') ?? ''
  const reason = params.get('reason') ?? ''
  const query = useDeploymentDevices(deployment.id, { status, reason, sort: 'failed_first', ...paging })
  const names = useDeviceNames(query.data?.rows.map(({ id }) => id) ?? [])
  // Show no ID that a name replaces a moment later.
  const areNamesLoading = names.isPending || names.isPlaceholderData
  return (
    <Loaded query={query}>
      {({ rows, total }) =>
        rows.length === 0 && total > 0 ? (
          <PastEnd onFirst={() => goTo({ ...paging, page: 1 })} />
        ) : rows.length === 0 ? (
          <Text c="dimmed" size="sm" {...(areRowsPending(deployment, status) ? { 'aria-busy': true } : {})}>
            {emptyText(deployment, status, reason)}
          </Text>
        ) : (
          <div className={query.isPlaceholderData ? 'stale' : undefined}>
            <Group justify="flex-end" mb="xs">
              <ExportCsv path={devicesExport(deployment.id)} query={{ status, reason }} size="xs" />
            </Group>
            <Table layout="fixed" aria-labelledby="devices-heading">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Device</Table.Th>
                  <Table.Th visibleFrom="sm" w={210}>
                    Status
                  </Table.Th>
                  <Table.Th visibleFrom="md" w={100}>
                    Attempt
                  </Table.Th>
                  <Table.Th visibleFrom="lg" w={150}>
                    Started
                  </Table.Th>
                  <Table.Th visibleFrom="md" w={150}>
                    Finished
                  </Table.Th>
                  <Table.Th w={44} aria-label="Details" />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((device) => (
                  <DeviceRow
                    key={device.id}
                    device={device}
                    deployment={deployment}
                    name={names.data?.get(device.id) ?? (areNamesLoading ? undefined : device.id)}
                  />
                ))}
              </Table.Tbody>
            </Table>
            <Pager {...paging} total={total} onChange={goTo} />
          </div>
        )
      }
    </Loaded>
  )
}

/** The counters arrive before the rows. */
const areRowsPending = ({ device_count }: Deployment, status: string): boolean => status === '' && device_count > 0

function emptyText(deployment: Deployment, status: string, reason: string): string {
  if (reason !== '') return 'No devices failed for this reason.'
  const { dynamic, statistics } = deployment
  if (areRowsPending(deployment, status)) return 'Loading devices…'
  const pending = dynamic ? 0 : sum(statistics.status, ['pending'])
  if (status === 'pending' && pending > 0)
    return `${counted(pending, 'device')} not started yet. A device is listed once it has polled for updates.`
  if (status !== '') return 'No devices have this status.'
  return 'No devices have started yet. Devices poll for updates at the interval set on each device.'
}
