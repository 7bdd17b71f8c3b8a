import { Anchor, Text } from '@mantine/core'
import { Link } from 'wouter'
import type { Deployment } from '../../api/deployments.ts'
import { CountsBar } from '../../parts/counts-bar.tsx'
import { endedIn, isOpen, isOver, startOf, stateOf, targetWords, totalOf } from '../../parts/deployment-words.ts'
import { counted, whole } from '../../parts/numbers.ts'
import { DEPLOYMENT_LOOK } from '../../parts/status.ts'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Ago, relative, useNow } from '../../parts/time.tsx'

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
  const { statistics, dynamic, max_devices } = deployment
  const ended = endedIn(statistics.status)
  const failed = statistics.status.failure
  const total = totalOf(deployment)
  const of = dynamic && max_devices === undefined ? `${counted(total, 'device')} so far` : counted(total, 'device')
  return `${whole(ended)} of ${of} ended${failed > 0 ? `, ${whole(failed)} failed` : ''}`
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
      {next && `, next ${relative(next, now)}`}
    </div>
  )
}
