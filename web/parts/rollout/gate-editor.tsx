import { ActionIcon, Button, Group, Select, TagsInput, Text } from '@mantine/core'
import { IconGavel, IconPencil, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { gateText } from '../../../src/texts/gates.ts'
import { AmountField } from './amount-field.tsx'
import { type GateDraft, newGate } from './draft.ts'
import { DurationField } from './duration-field.tsx'
import { toGate } from './to-api.ts'

type Props = {
  gate: GateDraft | undefined
  /** The number of the phase, from 1. */
  number: number
  /** Whether phases may open by the clock, without a gate. */
  isTimed: boolean
  /** By member of the gate; '': of all of it. */
  problems: Readonly<Record<string, string>>
  onChange: (gate: GateDraft | undefined) => void
}

/** What the devices of a phase must show before the next phase opens, as a sentence and as fields. */
export function GateEditor({ gate, number, isTimed, problems, onChange }: Props) {
  const [isOpen, setOpen] = useState(false)
  const next = number + 1
  if (!gate)
    return (
      <Group className="gate" gap="xs" justify="space-between">
        <Text size="sm" c={isTimed ? 'dimmed' : 'var(--mantine-color-error)'}>
          {isTimed
            ? `No gate: phase ${next} opens by the clock, whatever happens in phase ${number}.`
            : `Without a gate, phase ${next} cannot open.`}
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconGavel size={14} aria-hidden />}
          aria-label={`Add gate after phase ${number}`}
          onClick={() => {
            onChange(newGate())
            setOpen(true)
          }}
        >
          Add gate
        </Button>
      </Group>
    )
  const text = gateText(toGate(gate), `phase ${number}`)
  const hasProblem = Object.keys(problems).length > 0
  return (
    <div className="gate">
      <Group gap="xs" justify="space-between" wrap="nowrap" align="flex-start">
        <Text size="sm">
          {text === '' ? 'The gate is empty.' : `Phase ${next} opens once ${text}.`}
          {problems[''] && (
            <Text span inherit c="var(--mantine-color-error)">
              {' '}
              {problems['']}
            </Text>
          )}
        </Text>
        <Group gap={0} wrap="nowrap">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Edit the gate of phase ${number}`}
            aria-expanded={isOpen || hasProblem}
            onClick={() => setOpen(!isOpen)}
          >
            <IconPencil size={16} stroke={1.6} aria-hidden />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove the gate of phase ${number}`}
            onClick={() => onChange(undefined)}
          >
            <IconTrash size={16} stroke={1.6} aria-hidden />
          </ActionIcon>
        </Group>
      </Group>
      {(isOpen || hasProblem) && (
        <fieldset className="rule-fields" aria-label={`Gate of phase ${number}`}>
          <Fields gate={gate} problems={problems} onChange={onChange} />
        </fieldset>
      )}
    </div>
  )
}

const BASES = [
  { value: 'capacity', label: 'all devices of the phase' },
  { value: 'ended', label: 'the devices that have ended' },
]

const APPROVALS = [
  { value: 'none', label: 'not needed' },
  { value: 'required', label: 'by a user' },
  { value: 'other_user', label: 'by another user' },
]

type FieldsProps = { gate: GateDraft } & Pick<Props, 'problems'> & { onChange: (gate: GateDraft) => void }

function Fields({ gate, problems, onChange }: FieldsProps) {
  const edit = (changes: Partial<GateDraft>) => onChange({ ...gate, ...changes })
  return (
    <>
      <AmountField
        label="Must succeed"
        suffix=" %"
        placeholder="any"
        w={120}
        value={gate.success_percent}
        error={problems.success_percent}
        onChange={(success_percent) => edit({ success_percent })}
      />
      <Select
        label="Share of"
        w={240}
        allowDeselect={false}
        data={BASES}
        value={gate.of}
        onChange={(of) => edit({ of: of as GateDraft['of'] })}
      />
      {gate.of === 'ended' && (
        <AmountField
          label="Of at least"
          suffix=" devices"
          placeholder="1 device"
          w={130}
          value={gate.min_ended}
          error={problems.min_ended}
          onChange={(min_ended) => edit({ min_ended })}
        />
      )}
      <DurationField
        label="And hold for"
        placeholder="0"
        value={gate.soak}
        error={problems.soak_minutes}
        onChange={(soak) => edit({ soak })}
      />
      <Select
        label="Approval"
        w={250}
        allowDeselect={false}
        data={APPROVALS}
        value={gate.approval}
        onChange={(approval) => edit({ approval: approval as GateDraft['approval'] })}
      />
      <TagsInput
        label="Verdicts of programs"
        placeholder={gate.verdicts.length > 0 ? '' : 'grafana'}
        w={250}
        acceptValueOnBlur
        value={gate.verdicts}
        error={problems.verdicts}
        onChange={(verdicts) => edit({ verdicts })}
      />
    </>
  )
}
