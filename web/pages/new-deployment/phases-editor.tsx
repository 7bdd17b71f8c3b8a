import { Button, Group, Input, Stack, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { zone } from '../../../src/texts/times.ts'
import { useSession } from '../../api/session.ts'
import { newPhase, type PhaseDraft } from './draft.ts'
import { PhaseRow } from './phase-row.tsx'

type Props = {
  value: readonly PhaseDraft[]
  problems: Readonly<Record<string, string>>
  onChange: (phases: PhaseDraft[]) => void
}

const PRESETS: readonly [label: string, percents: readonly number[]][] = [
  ['All at once', []],
  ['10 %, then the rest', [10]],
  ['1 %, 10 %, 100 %', [1, 9]],
]

const preset = (percents: readonly number[]): PhaseDraft[] =>
  [...percents, '' as const].map((percent, i) => newPhase({ percent, when: i === 0 ? 'now' : 'hours' }))

/** The phases of the deployment. */
export function PhasesEditor({ value, problems, onChange }: Props) {
  const { features, plan } = useSession()
  const edit = (key: number, changes: Partial<PhaseDraft>) =>
    onChange(value.map((phase) => (phase.key === key ? { ...phase, ...changes } : phase)))
  const add = () => onChange([...value.slice(0, -1), ...split(value.at(-1))])
  const remove = (key: number) => onChange(startingNow(value.filter((phase) => phase.key !== key)))
  const used = value.slice(0, -1).reduce((sum, { percent }) => sum + (percent || 0), 0)
  return (
    <Stack gap="xs" role="group" aria-label="Phases">
      <Group justify="space-between" gap="xs">
        <Input.Label component="div">Phases</Input.Label>
        <Group gap={6}>
          {PRESETS.map(([label, percents]) => (
            <Button
              key={label}
              size="compact-sm"
              variant="default"
              disabled={percents.length > 0 && !features.phased_deployments}
              onClick={() => onChange(preset(percents))}
            >
              {label}
            </Button>
          ))}
        </Group>
      </Group>
      {value.map((phase, i) => (
        <PhaseRow
          key={phase.key}
          phase={phase}
          number={i + 1}
          rest={i === value.length - 1 ? Math.max(0, 100 - used) : undefined}
          problems={{ percent: problems[`phases.${i}.batch_size`], start: problems[`phases.${i}.start_ts`] }}
          onChange={(changes) => edit(phase.key, changes)}
          onRemove={value.length > 1 ? () => remove(phase.key) : undefined}
        />
      ))}
      <Group justify="space-between" gap="xs">
        <Text size="xs" c="dimmed" maw={420}>
          {features.phased_deployments
            ? `Each phase opens automatically unless you abort the deployment before. Times are in ${zone()}.`
            : `Your plan (${plan}) does not include phased deployments. Times are in ${zone()}.`}
        </Text>
        {features.phased_deployments && (
          <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden />} onClick={add}>
            Add phase
          </Button>
        )}
      </Group>
    </Stack>
  )
}

/** Adds a phase: the last phase gets a percentage, and a new last phase takes the rest. */
const split = (last: PhaseDraft | undefined): PhaseDraft[] => [
  { ...(last ?? newPhase({ when: 'now' })), percent: 10 },
  newPhase(),
]

/** The first phase cannot start relative to another one. */
const startingNow = ([first, ...others]: readonly PhaseDraft[]): PhaseDraft[] =>
  first ? [first.when === 'at' ? first : { ...first, when: 'now' }, ...others] : []
