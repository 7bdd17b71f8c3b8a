import { Alert, Button, Stack } from '@mantine/core'
import { IconHandStop, IconPlayerStop } from '@tabler/icons-react'
import { useState } from 'react'
import { counted, whole } from '../../src/texts/numbers.ts'
import { sum } from '../../src/texts/progress.ts'
import { DEPLOYMENT_STATUS_STYLES } from '../../src/texts/statuses.ts'
import { type Deployment as Shown, useDeployment } from '../api/deployments.ts'
import { useLive } from '../api/live.ts'
import { useMay } from '../api/session.ts'
import { isOver, stateOf } from '../parts/deployment-text.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { StatusChip } from '../parts/status-chip.tsx'
import { DataAge, Time } from '../parts/time.tsx'
import { Abort } from './deployment/abort.tsx'
import { Breakdown } from './deployment/breakdown.tsx'
import './deployment/deployment.css'
import { Devices } from './deployment/devices.tsx'
import { ExplainDevice } from './deployment/explain-device.tsx'
import { Phases } from './deployment/phases.tsx'
import { Summary } from './deployment/summary.tsx'

/** The progress of a deployment, and the button to abort it. */
export default function Deployment({ id }: { id: string }) {
  const query = useDeployment(id)
  const live = useLive()
  const [isAborting, setAborting] = useState(false)
  const may = useMay()
  const { data } = query
  const abort = data && !isOver(data) && may('deployments') && (
    <Button
      color="red"
      variant="light"
      leftSection={<IconPlayerStop size={18} aria-hidden />}
      onClick={() => setAborting(true)}
    >
      Abort deployment
    </Button>
  )
  return (
    <Page
      title={data?.name ?? 'Deployment'}
      aside={
        data && (
          <>
            <StatusChip statusStyle={DEPLOYMENT_STATUS_STYLES[stateOf(data)]} status={stateOf(data)} />
            <DataAge at={Math.max(live.at, query.dataUpdatedAt)} live={!query.failureReason} />
          </>
        )
      }
      actions={abort}
    >
      <Loaded query={query} lines={10}>
        {(deployment) => (
          <>
            <DeploymentDetails deployment={deployment} />
            {isAborting && <Abort deployment={deployment} onClose={() => setAborting(false)} />}
          </>
        )}
      </Loaded>
    </Page>
  )
}

function DeploymentDetails({ deployment }: { deployment: Shown }) {
  return (
    <Stack gap="lg">
      {stateOf(deployment) === 'aborted' && <AbortedAlert deployment={deployment} />}
      <div className="deployment-overview">
        <Summary deployment={deployment} />
        <Phases deployment={deployment} />
      </div>
      <section className="card" aria-labelledby="devices-heading">
        <Breakdown deployment={deployment} />
        <Devices deployment={deployment} />
      </section>
      <ExplainDevice id={deployment.id} />
    </Stack>
  )
}

function AbortedAlert({ deployment: { aborted, statistics } }: { deployment: Shown }) {
  const stopped = sum(statistics.status, ['aborted'])
  const failed = sum(statistics.status, ['failure'])
  return (
    <Alert color="orange" variant="light" icon={<IconHandStop aria-hidden />} title="This deployment was aborted">
      {aborted && (
        <>
          <Time at={aborted} />:{' '}
        </>
      )}
      {counted(stopped, 'device')} in progress {stopped === 1 ? 'was' : 'were'} stopped,{' '}
      {whole(sum(statistics.status, ['success']))} had been updated, {whole(failed)} had failed. No other devices will
      be offered this update.
    </Alert>
  )
}
