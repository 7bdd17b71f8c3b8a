import { Button, Group, Progress, Text } from '@mantine/core'
import { gateDecisionTexts, gateLabel, gateProgressTexts, gateStyle } from '../../../src/texts/gates.ts'
import type { Deployment, Phase } from '../../api/deployments.ts'
import { useMay, useSession } from '../../api/session.ts'
import { Countdown } from '../../parts/countdown.tsx'
import { isOver } from '../../parts/deployment-text.ts'
import { StatusChip } from '../../parts/status-chip.tsx'
import { useNow } from '../../parts/time.tsx'
import { shownZone } from '../../parts/zone.ts'
import { useOpenDialog } from './dialogs.tsx'

type GatedPhase = Phase & Required<Pick<Phase, 'gate' | 'progress'>>

const isGated = (phase: Phase | undefined): phase is GatedPhase => !!phase?.gate && !!phase.progress

/** What a phase must show before the next one opens, and how far it is. */
export function Gate({ deployment, index }: { deployment: Deployment; index: number }) {
  const phase = deployment.phases?.[index]
  const now = useNow(5_000)
  if (!isGated(phase)) return null
  const { gate, progress } = phase
  const decisions = [...gateDecisionTexts(progress), ...(isOver(deployment) ? [] : missingVerdicts(phase))]
  return (
    <div className="gate-progress">
      <Group gap="xs" justify="space-between" align="flex-start">
        <Text size="sm">
          <b>Gate:</b> {gateLabel(gate)}
        </Text>
        <StatusChip statusStyle={gateStyle(progress, isOver(deployment))} status={progress.state} />
      </Group>
      {progress.state !== 'closed' && (
        <>
          {gate.success_percent !== undefined && (
            <ShareBar reached={progress.success_percent} asked={gate.success_percent} />
          )}
          <Text size="sm" className="numbers">
            {gateProgressTexts(gate, progress, { now, timeZone: shownZone() }).join(' · ')}
          </Text>
        </>
      )}
      <Soak phase={phase} />
      {decisions.length > 0 && (
        <ul className="sentences break-anywhere">
          {decisions.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      {!isOver(deployment) && <GateButtons deployment={deployment} index={index} state={progress.state} />}
    </div>
  )
}

/** The share of devices that have succeeded, with a mark at the share that the gate asks for. */
function ShareBar({ reached, asked }: { reached: number; asked: number }) {
  return (
    <div
      className="share"
      role="img"
      aria-label={`${Math.floor(reached)} % have succeeded, ${asked} % are needed`}
      data-reached={reached >= asked}
    >
      <span style={{ width: `${Math.min(reached, 100)}%` }} />
      <i style={{ left: `${asked}%` }} />
    </div>
  )
}

function Soak({ phase }: { phase: GatedPhase }) {
  const now = useNow(1_000)
  const { soak_minutes } = phase.gate
  const { soaks_until } = phase.progress
  if (!soak_minutes || !soaks_until) return null
  const end_ms = Date.parse(soaks_until)
  const left_ms = Math.max(0, end_ms - now)
  const elapsed = 100 - (100 * left_ms) / (soak_minutes * 60_000)
  return (
    <Group gap="xs" wrap="nowrap">
      <Progress flex={1} value={Math.max(0, elapsed)} color="cyan" aria-label="Soak" />
      <Text size="sm">
        <Countdown to_ms={end_ms} /> left
      </Text>
    </Group>
  )
}

function missingVerdicts({ gate, progress }: GatedPhase): string[] {
  if (progress.state === 'closed' || progress.state === 'open') return []
  return gate.verdicts.filter((name) => !progress.verdicts[name]).map((name) => `${name} has not reported yet`)
}

type ButtonsProps = { deployment: Deployment; index: number; state: GatedPhase['progress']['state'] }

/** What the user can do about the gate now. */
function GateButtons({ deployment, index, state }: ButtonsProps) {
  const open = useOpenDialog()
  const may = useMay()
  const { user } = useSession()
  if (state === 'closed' || state === 'open') return null
  const isForOthers = deployment.phases?.[index]?.gate?.approval === 'other_user'
  const isCreator = isForOthers && deployment.created_by?.id === user.id
  const number = index + 2
  return (
    <Group gap="xs">
      {state === 'awaiting_approval' && may('approve') && !isCreator && (
        <Button size="xs" onClick={() => open({ kind: 'approve', index })}>
          Approve phase {number}
        </Button>
      )}
      {state === 'awaiting_approval' && isCreator && (
        <Text size="sm" c="dimmed">
          Another user has to approve, because you created the deployment.
        </Text>
      )}
      {may('deployments') && (
        <Button size="xs" variant="default" onClick={() => open({ kind: 'open', index })}>
          Open phase {number} now
        </Button>
      )}
    </Group>
  )
}
