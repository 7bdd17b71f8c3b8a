import { type Deployment as Shown, useDeployment } from '../api/deployments.ts'
import { useLive } from '../api/live.ts'
import { useRemembered } from '../api/recent.ts'
import { stateOf, styleOf, tabState } from '../parts/deployment-text.ts'
import { deploymentPage } from '../parts/links.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { StatusChip } from '../parts/status-chip.tsx'
import { DataAge } from '../parts/time.tsx'
import { Actions } from './deployment/actions.tsx'
import { AgainButtons } from './deployment/again-buttons.tsx'
import { Banner } from './deployment/banner.tsx'
import { Breakdown } from './deployment/breakdown.tsx'
import './deployment/deployment.css'
import { Devices } from './deployment/devices.tsx'
import { Dialogs } from './deployment/dialogs.tsx'
import { ExplainDevice } from './deployment/explain-device.tsx'
import { Failures } from './deployment/failures.tsx'
import { NextStepBar } from './deployment/next-step-bar.tsx'
import { PausedDevices } from './deployment/paused-devices.tsx'
import { Phases } from './deployment/phases.tsx'
import { PinnedDevices } from './deployment/pinned-devices.tsx'
import { ProgressOverTime } from './deployment/progress-over-time.tsx'
import { Summary } from './deployment/summary.tsx'

/** The progress of a deployment, why it does not proceed, and what can be done about it. */
export default function Deployment({ id }: { id: string }) {
  const query = useDeployment(id)
  const live = useLive()
  const { data } = query
  useRemembered('deployment', deploymentPage(id), data?.name)
  return (
    <Dialogs deployment={data}>
      <Page
        title={data?.name ?? 'Deployment'}
        section={data && tabState(data)}
        aside={
          data && (
            <>
              <StatusChip statusStyle={styleOf(data)} status={stateOf(data)} />
              <DataAge at={Math.max(live.at, query.dataUpdatedAt)} live={!query.failureReason} />
            </>
          )
        }
        actions={data && <Actions deployment={data} />}
      >
        <Loaded query={query} lines={10}>
          {(deployment) => <DeploymentDetails deployment={deployment} />}
        </Loaded>
      </Page>
    </Dialogs>
  )
}

function DeploymentDetails({ deployment }: { deployment: Shown }) {
  return (
    <>
      <Banner deployment={deployment} />
      <PausedDevices deployment={deployment} />
      <div className="report">
        <div className="deployment-overview" data-has-phases={(deployment.phases ?? []).length > 0}>
          <Summary deployment={deployment} />
          <Phases deployment={deployment} />
          <ProgressOverTime deployment={deployment} />
        </div>
        <PinnedDevices deployment={deployment} />
        <section className="card" aria-labelledby="devices-heading">
          <Breakdown deployment={deployment} />
          <Failures deployment={deployment} />
          <AgainButtons deployment={deployment} />
          <Devices deployment={deployment} />
        </section>
        <ExplainDevice id={deployment.id} />
      </div>
      <NextStepBar deployment={deployment} />
    </>
  )
}
