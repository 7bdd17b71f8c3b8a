import { Skeleton } from '@mantine/core'
import { lazy, Suspense } from 'react'
import './overview/overview.css'
import { useLive } from '../api/live.ts'
import { useDeploymentsOverview, useFleet, useFleetTimeline } from '../api/overview.ts'
import { useMay } from '../api/session.ts'
import { Failure, isForbidden } from '../parts/failure.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { NoAccess } from '../parts/no-access.tsx'
import { Page } from '../parts/page.tsx'
import { DataAge } from '../parts/time.tsx'
import { Attention } from './overview/attention.tsx'
import { DevicesByStatus, LastReports, Software } from './overview/devices.tsx'
import { FirstSteps } from './overview/first-steps.tsx'
import { Running } from './overview/running.tsx'
import { Section } from './overview/section.tsx'

const Past = lazy(() => import('./overview/adoption.tsx'))
const PAST_SKELETON = <Skeleton className="past" height={340} />

/** The state of devices and deployments, and what needs attention. */
export function Overview() {
  const may = useMay()
  const fleet = useFleet()
  const timeline = useFleetTimeline()
  const deployments = useDeploymentsOverview()
  const stream = useLive()
  const age = deployments.dataUpdatedAt > 0 && (
    <DataAge at={Math.max(stream.at, deployments.dataUpdatedAt)} live={!deployments.failureReason} />
  )
  if (!may('read_devices'))
    return (
      <Page title="Overview">
        <NoAccess title="Your role does not include devices and deployments">
          The menu lists the pages that you can open.
        </NoAccess>
      </Page>
    )
  return (
    <Page title="Overview" aside={age}>
      <div className="overview">
        {fleet.data && deployments.data && <FirstSteps fleet={fleet.data} deployments={deployments.data} />}
        {may('read_deployments') && (
          <>
            <Section title="Needs attention">
              <Loaded query={deployments} lines={2}>
                {(overview) => <Attention deployments={overview} fleet={fleet} />}
              </Loaded>
            </Section>
            <Section title="Running deployments">
              <Loaded query={deployments} lines={4}>
                {(overview) => <Running overview={overview} />}
              </Loaded>
            </Section>
          </>
        )}
        <div className="fleet">
          <Section title="Devices">
            <Loaded query={fleet} lines={3}>
              {({ by_status }) => <DevicesByStatus counts={by_status} />}
            </Loaded>
          </Section>
          <Section title="Last seen" hint="Last contact of accepted devices">
            <Loaded query={fleet}>{({ by_last_report }) => <LastReports counts={by_last_report} />}</Loaded>
          </Section>
        </div>
        <Section title="Software" hint="Versions that accepted devices report">
          <Loaded query={fleet}>{({ software }) => <Software software={software} />}</Loaded>
        </Section>
        {timeline.isLoading && PAST_SKELETON}
        {timeline.error && !timeline.data && !isForbidden(timeline.error) && (
          <div className="past">
            <Section title="The past 30 days">
              <Failure error={timeline.error} onRetry={timeline.refetch} />
            </Section>
          </div>
        )}
        {timeline.data && (
          <Suspense fallback={PAST_SKELETON}>
            <Past timeline={timeline.data} />
          </Suspense>
        )}
      </div>
    </Page>
  )
}
