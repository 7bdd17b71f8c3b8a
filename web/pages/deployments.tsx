import { Button, Stack } from '@mantine/core'
import { IconPlus, IconRocket } from '@tabler/icons-react'
import { Link } from 'wouter'
import { DEPLOYMENTS_EXPORT, useDeployments } from '../api/deployments.ts'
import { useLive } from '../api/live.ts'
import { useMay } from '../api/session.ts'
import { usePaging } from '../api/use-paging.ts'
import { useQueryState } from '../api/use-query-state.ts'
import { Empty } from '../parts/empty.tsx'
import { ExportCsv } from '../parts/export-csv.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { Pager } from '../parts/pager.tsx'
import { PastEnd } from '../parts/past-end.tsx'
import { DataAge } from '../parts/time.tsx'
import { DeploymentFilters } from './deployments/filters.tsx'
import './deployments/deployments.css'
import { DeploymentRow } from './deployments/row.tsx'

/** All deployments with their progress, newest first. */
export default function Deployments() {
  const [params, change] = useQueryState()
  const filter = {
    ...{ state: params.get('state') ?? '', type: params.get('type') ?? '' },
    search: params.get('search') ?? '',
  }
  const [paging, goTo] = usePaging()
  const query = useDeployments({ ...filter, ...paging })
  const live = useLive()
  const may = useMay()
  const isFiltered = filter.state !== '' || filter.type !== '' || filter.search !== ''
  const create = may('deployments') && (
    <Button component={Link} href="/deployments/new" leftSection={<IconPlus size={16} aria-hidden />}>
      New deployment
    </Button>
  )
  return (
    <Page
      title="Deployments"
      aside={query.data && <DataAge at={Math.max(live.at, query.dataUpdatedAt)} live={!query.failureReason} />}
      actions={create}
    >
      <Stack>
        <DeploymentFilters {...filter} onChange={(changes) => change({ ...changes, page: '' })}>
          <ExportCsv path={DEPLOYMENTS_EXPORT} query={filter} />
        </DeploymentFilters>
        <Loaded query={query} lines={8}>
          {({ rows, total }) =>
            rows.length > 0 ? (
              <div>
                <ul className={query.isPlaceholderData ? 'deployments stale' : 'deployments'} aria-label="Deployments">
                  {rows.map((deployment) => (
                    <DeploymentRow key={deployment.id} deployment={deployment} />
                  ))}
                </ul>
                <Pager {...paging} total={total} onChange={goTo} />
              </div>
            ) : total > 0 ? (
              <PastEnd onFirst={() => goTo({ ...paging, page: 1 })} />
            ) : isFiltered ? (
              <Empty
                icon={IconRocket}
                title="No matching deployments"
                action={
                  <Button variant="default" onClick={() => change({ state: '', type: '', search: '', page: '' })}>
                    Show all deployments
                  </Button>
                }
              >
                Try another state, or another part of the name or release.
              </Empty>
            ) : (
              <Empty icon={IconRocket} title="No deployments yet" action={create}>
                A deployment installs a release on the devices you choose, all at once or in phases. A preview shows
                what it will do before you start it.
              </Empty>
            )
          }
        </Loaded>
      </Stack>
    </Page>
  )
}
