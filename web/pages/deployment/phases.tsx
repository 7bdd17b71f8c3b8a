import { Text, Title } from '@mantine/core'
import { counted } from '../../../src/texts/numbers.ts'
import { capacitiesOf, endedIn, progressText } from '../../../src/texts/progress.ts'
import { upcoming } from '../../../src/texts/times.ts'
import type { Deployment, Phase } from '../../api/deployments.ts'
import { CountsBar } from '../../parts/counts-bar.tsx'
import { isOver, openPhases } from '../../parts/deployment-text.ts'
import { Time, useNow } from '../../parts/time.tsx'
import { Gate } from './gate.tsx'

/** The phases as a timeline: the progress of each, and the gate that decides whether the next one opens. */
export function Phases({ deployment }: { deployment: Deployment }) {
  const { phases = [], created } = deployment
  const capacities = capacitiesOf(deployment)
  const now = useNow(5_000)
  const opened = openPhases(phases, now)
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
            <li key={phase.id} aria-label={`Phase ${i + 1}`} data-state={markOf(phase, opened[i] === true)}>
              <Head
                {...{ phase, now, number: i + 1, created, isOver: isOver(deployment), isOpen: opened[i] === true }}
                gate_of={phases[i - 1]?.gate ? i : undefined}
                gate_opened_at={phases[i - 1]?.progress?.opened_at}
              />
              <Progress phase={phase} capacity={capacities[i]} />
              {phase.gate && <Gate deployment={deployment} index={i} />}
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

/** The mark of the phase in the timeline. */
function markOf({ capacity, statistics, gate, progress }: Phase, isOpen: boolean): 'closed' | 'open' | 'done' {
  if (!isOpen) return 'closed'
  const hasEnded = capacity !== undefined && endedIn(statistics.status) >= capacity
  return (gate ? progress?.state === 'open' : hasEnded) ? 'done' : 'open'
}

type HeadProps = {
  phase: Phase
  now: number
  number: number
  isOver: boolean
  isOpen: boolean
  created: string
  /** The number of the phase whose gate it waits for. */
  gate_of: number | undefined
  /** When that gate opened. */
  gate_opened_at: string | undefined
}

function Head({ phase, number, ...opening }: HeadProps) {
  return (
    <div className="phase-header">
      <Text fw={600} component="span" className="break-anywhere">
        Phase {number} · {devicesText(phase)}
      </Text>
      <Text size="sm" c="dimmed" component="span">
        <Opening phase={phase} {...opening} />
      </Text>
    </div>
  )
}

function devicesText({ filter, device_ids, batch_size }: Phase): string {
  if (filter) return `devices matching ${filter.name}`
  return device_ids ? counted(device_ids.length, 'listed device') : `${batch_size} %`
}

function Opening({ phase: { start_ts }, now, isOver: over, isOpen, created, ...gate }: Omit<HeadProps, 'number'>) {
  const { gate_of, gate_opened_at } = gate
  if (isOpen)
    return (
      <>
        open since <Time at={latest(start_ts, gate_opened_at) ?? created} />
      </>
    )
  const time = start_ts && Date.parse(start_ts) > now ? start_ts : undefined
  if (gate_of !== undefined)
    return (
      <>
        {over ? 'did not open: it waited for' : 'waits for'} the gate of phase {gate_of}
        {time && (
          <>
            , not before <Time at={time} />
          </>
        )}
      </>
    )
  const start = start_ts ?? created
  return (
    <>
      {over ? 'would have opened ' : `opens ${upcoming(start, now)}, `}
      <Time at={start} />
    </>
  )
}

const latest = (...times: (string | undefined)[]) => times.filter(Boolean).sort().at(-1)

type ProgressProps = { phase: Phase; capacity: number | undefined }

function Progress({ phase: { device_count, statistics }, capacity }: ProgressProps) {
  const counts = statistics.status
  return (
    <>
      <CountsBar counts={counts} total={capacity ?? device_count} size="md" />
      <Text size="sm" className="numbers" mt="2xs">
        {progressText({ device_count, capacity, counts })}
        {capacity === undefined && ' · no limit'}
      </Text>
    </>
  )
}
