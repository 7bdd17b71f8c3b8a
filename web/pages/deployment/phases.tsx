import { Text, Title } from '@mantine/core'
import { capacitiesOf, progressText } from '../../../src/texts/progress.ts'
import { upcoming } from '../../../src/texts/times.ts'
import type { Deployment, Phase } from '../../api/deployments.ts'
import { CountsBar } from '../../parts/counts-bar.tsx'
import { isOpen, isOver } from '../../parts/deployment-text.ts'
import { Time, useNow } from '../../parts/time.tsx'

/** The progress of each phase, which decides whether the next one should open. */
export function Phases({ deployment }: { deployment: Deployment }) {
  const { phases = [] } = deployment
  const capacities = capacitiesOf(deployment)
  const now = useNow(5_000)
  return (
    <section className="card" aria-labelledby="phases-heading">
      <Title order={2} id="phases-heading" mb="sm">
        Phases
      </Title>
      {phases.length === 0 ? (
        <Text size="sm">No phases: open to all target devices since it was created.</Text>
      ) : (
        <ol className="phases">
          {phases.map((phase, i) => (
            <li key={phase.id} aria-label={`Phase ${i + 1}`}>
              <Head {...{ phase, now, number: i + 1, isOver: isOver(deployment), created: deployment.created }} />
              <Progress phase={phase} capacity={capacities[i]} />
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

type HeadProps = { phase: Phase; now: number; number: number; isOver: boolean; created: string }

function Head({ phase, now, number, isOver: over, created }: HeadProps) {
  const start = phase.start_ts ?? created
  const opened = isOpen(phase, now)
  return (
    <div className="phase-header">
      <Text fw={600} component="span">
        Phase {number} · {phase.batch_size} %
      </Text>
      <Text size="sm" c="dimmed" component="span">
        {opened ? 'open since ' : over ? 'would have opened ' : `opens ${upcoming(start, now)}, `}
        <Time at={start} />
      </Text>
    </div>
  )
}

type ProgressProps = { phase: Phase; capacity: number | undefined }

function Progress({ phase: { device_count, statistics }, capacity }: ProgressProps) {
  const counts = statistics.status
  return (
    <>
      <CountsBar counts={counts} total={capacity ?? device_count} size="md" />
      <Text size="sm" className="numbers" mt={4}>
        {progressText({ device_count, capacity, counts })}
        {capacity === undefined && ' · no limit'}
      </Text>
    </>
  )
}
