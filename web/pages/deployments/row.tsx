import { Anchor, Text } from '@mantine/core'
import { Link } from 'wouter'
import { contentText } from '../../../src/texts/contents.ts'
import { progressText, totalOf } from '../../../src/texts/progress.ts'
import { isTripped } from '../../../src/texts/rollouts.ts'
import { upcoming } from '../../../src/texts/times.ts'
import type { Deployment, Phase } from '../../api/deployments.ts'
import { CountsBar } from '../../parts/counts-bar.tsx'
import { isOver, openPhases, startOf, stateOf, styleOf, targetText } from '../../parts/deployment-text.ts'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Ago, TextWithTimes, useNow } from '../../parts/time.tsx'

/** A deployment in the list: release, target devices, progress and times. */
export function DeploymentRow({ deployment }: { deployment: Deployment }) {
  const { id, name, statistics } = deployment
  return (
    <li className="deployment">
      <div>
        <Anchor component={Link} href={`/deployments/${id}`} fw={600} className="break-anywhere">
          {name}
        </Anchor>
        <Text size="sm" c="dimmed" className="break-anywhere">
          {contentText(deployment)} to {targetText(deployment)}
        </Text>
        <Standing deployment={deployment} />
      </div>
      <StatusChip statusStyle={styleOf(deployment)} status={stateOf(deployment)} />
      <div>
        <CountsBar counts={statistics.status} total={totalOf(deployment)} />
        <Text size="sm" className="numbers" mt="2xs">
          {progressOf(deployment)}
        </Text>
      </div>
      <Times deployment={deployment} />
    </li>
  )
}

/** Why the rollout does not proceed. */
function Standing({ deployment: { rollout } }: { deployment: Deployment }) {
  if (!rollout.reason || (rollout.state !== 'paused' && rollout.state !== 'held')) return null
  return (
    <Text size="sm" className="break-anywhere" {...(isTripped(rollout) ? { c: 'var(--mantine-color-error)' } : {})}>
      <TextWithTimes text={rollout.reason.message} />
    </Text>
  )
}

function progressOf(deployment: Deployment): string {
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
        <CurrentPhase deployment={deployment} now={now} />
      )}
    </Text>
  )
}

function CurrentPhase({ deployment, now }: { deployment: Deployment; now: number }) {
  const { phases = [] } = deployment
  if (phases.length < 2 || isOver(deployment)) return null
  const opened = openPhases(phases, now).filter(Boolean).length
  if (opened === 0) return null
  const next = nextStart(phases[opened], now)
  return (
    <div>
      Phase {opened} of {phases.length}
      {next && `, next ${upcoming(next, now)}`}
    </div>
  )
}

/** The start of a phase that waits for the clock; undefined: it waits for a gate. */
const nextStart = (phase: Phase | undefined, now: number): string | undefined =>
  phase?.start_ts && Date.parse(phase.start_ts) > now ? phase.start_ts : undefined
