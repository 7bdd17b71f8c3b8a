import { Anchor, Text } from '@mantine/core'
import { Link } from 'wouter'
import { progressText, totalOf } from '../../../src/texts/progress.ts'
import { DEPLOYMENT_LOOK } from '../../../src/texts/statuses.ts'
import { upcoming } from '../../../src/texts/times.ts'
import type { Deployment } from '../../api/deployments.ts'
import { CountsBar } from '../../parts/counts-bar.tsx'
import { isOpen, isOver, startOf, stateOf, targetWords } from '../../parts/deployment-words.ts'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Ago, useNow } from '../../parts/time.tsx'

/** One deployment of the list: what, to whom, how far, since when. */
export function DeploymentRow({ deployment }: { deployment: Deployment }) {
  const { id, name, artifact_name, statistics } = deployment
  const state = stateOf(deployment)
  return (
    <li className="card deployment">
      <div>
        <Anchor component={Link} href={`/deployments/${id}`} fw={600} className="heading">
          {name}
        </Anchor>
        <Text size="sm" c="dimmed" className="heading">
          {artifact_name} to {targetWords(deployment)}
        </Text>
      </div>
      <StatusChip look={DEPLOYMENT_LOOK[state]} word={state} />
      <div>
        <CountsBar counts={statistics.status} total={totalOf(deployment)} />
        <Text size="sm" className="numbers" mt={4}>
          {progressWords(deployment)}
        </Text>
      </div>
      <Times deployment={deployment} />
    </li>
  )
}

function progressWords(deployment: Deployment): string {
  const { statistics, dynamic, max_devices, device_count } = deployment
  const capacity = dynamic && max_devices === undefined ? undefined : totalOf(deployment)
  return progressText({ device_count, capacity, counts: statistics.status })
}

function Times({ deployment }: { deployment: Deployment }) {
  const { created, finished } = deployment
  const now = useNow(10_000)
  const start = startOf(deployment)
  return (
    <Text size="sm" c="dimmed" component="div" className="times">
      <div>
        Created <Ago at={created} />
      </div>
      {start > created && (
        <div>
          {Date.parse(start) <= now ? 'Started' : 'Starts'} <Ago at={start} />
        </div>
      )}
      {finished ? (
        <div>
          {stateOf(deployment) === 'aborted' ? 'Aborted' : 'Finished'} <Ago at={finished} />
        </div>
      ) : (
        <PhaseReached deployment={deployment} now={now} />
      )}
    </Text>
  )
}

function PhaseReached({ deployment, now }: { deployment: Deployment; now: number }) {
  const { phases = [] } = deployment
  if (phases.length < 2 || isOver(deployment)) return null
  const reached = phases.filter((phase) => isOpen(phase, now)).length
  const next = phases[reached]?.start_ts
  return (
    <div>
      Phase {reached} of {phases.length}
      {next && `, next ${upcoming(next, now)}`}
    </div>
  )
}
