import { Button, Group, Input, Stack, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMay, useSession } from '../../api/session.ts'
import { zoneName } from '../zone.ts'
import { newGate, newPhase, type PhaseDraft, possible } from './draft.ts'
import { GateEditor } from './gate-editor.tsx'
import { PhaseRow } from './phase-row.tsx'

type Props = {
  value: readonly PhaseDraft[]
  /** Whether phases may open at a time. Those of a recipe open by the gates alone. */
  isTimed: boolean
  problems: Readonly<Record<string, string>>
  onChange: (phases: PhaseDraft[]) => void
}

/** The phases of a rollout: their devices, their starts and their gates. */
export function PhasesEditor({ value, isTimed, problems, onChange }: Props) {
  const { features } = useSession()
  const change = (phases: readonly PhaseDraft[]) => onChange(possible(phases))
  const edit = (key: number, changes: Partial<PhaseDraft>) =>
    change(value.map((phase) => (phase.key === key ? { ...phase, ...changes } : phase)))
  const used = value.slice(0, -1).reduce((sum, { named, percent }) => sum + (named ? 0 : percent || 0), 0)
  return (
    <Stack gap="xs" role="group" aria-label="Phases">
      <Input.Label component="div">Phases</Input.Label>
      {value.map((phase, i) => (
        <div key={phase.key} className="phase-fields">
          <PhaseRow
            phase={phase}
            number={i + 1}
            rest={i === value.length - 1 ? Math.max(0, 100 - used) : undefined}
            after={isTimed ? lastTimed(value, i) : undefined}
            hasGateBefore={value[i - 1]?.gate !== undefined}
            problems={{ devices: devicesProblem(problems, i), start: problems[`phases.${i}.start_ts`] }}
            onChange={(changes) => edit(phase.key, changes)}
            onRemove={value.length > 1 ? () => change(value.filter(({ key }) => key !== phase.key)) : undefined}
          />
          {i < value.length - 1 && (
            <GateEditor
              gate={phase.gate}
              number={i + 1}
              isTimed={isTimed}
              problems={gateProblems(problems, i)}
              onChange={(gate) => edit(phase.key, { gate })}
            />
          )}
        </div>
      ))}
      <Group justify="space-between" gap="xs">
        <Hint isTimed={isTimed} phases={value} />
        {features.phased_deployments && <AddButtons {...{ value, isTimed, onChange: change }} />}
      </Group>
    </Stack>
  )
}

function Hint({ isTimed, phases }: { isTimed: boolean; phases: readonly PhaseDraft[] }) {
  const { features, plan } = useSession()
  if (!isTimed) return null
  const gates = phases.slice(0, -1).filter(({ gate }) => gate).length
  return (
    <Text size="xs" c="dimmed" maw={420}>
      {!features.phased_deployments
        ? `Your plan (${plan}) does not include phased deployments. `
        : phases.length > 1 && gates === 0
          ? 'Each phase opens automatically unless you pause or abort the deployment before. '
          : ''}
      Times are in {zoneName()}.
    </Text>
  )
}

type AddProps = Pick<Props, 'value' | 'isTimed'> & { onChange: (phases: readonly PhaseDraft[]) => void }

function AddButtons({ value, isTimed, onChange }: AddProps) {
  const may = useMay()
  const withGate = !isTimed || value.some(({ gate }) => gate)
  const add = () => onChange([...value.slice(0, -1), ...split(value.at(-1), withGate)])
  const addNamed = () =>
    onChange([newPhase({ named: { filter_id: '' }, when: 'now', gate: newGate({ success_percent: 100 }) }), ...value])
  return (
    <Group gap="xs">
      {may('filters') && (
        <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={addNamed}>
          Add test phase
        </Button>
      )}
      <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={add}>
        Add phase
      </Button>
    </Group>
  )
}

/** Adds a phase: the last phase gets a percentage, and a new last phase takes the rest. */
const split = (last: PhaseDraft | undefined, withGate: boolean): PhaseDraft[] => [
  { ...(last ?? newPhase({ when: 'now' })), percent: 10, ...(withGate ? { gate: newGate() } : {}) },
  newPhase(),
]

/** The number of the last phase before this one whose start is known. */
function lastTimed(phases: readonly PhaseDraft[], index: number): number {
  for (let i = index - 1; i > 0; i--) if (phases[i]?.when !== 'gate') return i + 1
  return 1
}

const devicesProblem = (problems: Props['problems'], index: number): string | undefined =>
  ['batch_size', 'filter_id', 'device_ids'].map((member) => problems[`phases.${index}.${member}`]).find(Boolean)

/** By member of the gate of a phase. */
function gateProblems(problems: Props['problems'], index: number): Record<string, string> {
  const prefix = `phases.${index}.gate`
  return Object.fromEntries(
    Object.entries(problems).flatMap(([field, sentence]) =>
      field === prefix
        ? [['', sentence]]
        : field.startsWith(`${prefix}.`)
          ? [[field.slice(prefix.length + 1).replace(/\.\d+$/, ''), sentence]]
          : [],
    ),
  )
}
