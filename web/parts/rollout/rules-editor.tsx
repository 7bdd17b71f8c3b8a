import { ActionIcon, Button, Group, Input, Menu, Stack, Text } from '@mantine/core'
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { ruleSentences } from '../../../src/texts/rollouts.ts'
import { useSession } from '../../api/session.ts'
import { shownZone } from '../zone.ts'
import type { EditorProps, RulesDraft } from './draft.ts'
import { useFilterName } from './filter-select.tsx'
import './rollout.css'
import { PhasesEditor } from './phases-editor.tsx'
import { RULES, type RuleKind } from './rules.tsx'
import { toRollout } from './to-api.ts'

type Props = EditorProps & {
  /** Whether phases may open at a time. */
  isTimed: boolean
}

/** The phases of a rollout, and its other rules: each as a sentence, and as fields on demand. */
export function RulesEditor({ rules, isTimed, problems, onChange }: Props) {
  const { features } = useSession()
  return (
    <Stack gap="lg">
      <PhasesEditor
        value={rules.phases}
        isTimed={isTimed}
        problems={problems}
        onChange={(phases) => onChange({ phases })}
      />
      {features.rollout_rules && <OtherRules {...{ rules, problems, onChange }} />}
    </Stack>
  )
}

function OtherRules({ rules, problems, onChange }: EditorProps) {
  const [opened, setOpened] = useState<RuleKind>()
  const active = RULES.filter(({ kind }) => rules[kind])
  const others = RULES.filter(({ kind }) => !rules[kind])
  return (
    <Stack gap="xs" role="group" aria-label="Rules">
      <Input.Label component="div">Rules</Input.Label>
      {active.length === 0 ? (
        <Text size="sm" c="dimmed">
          None: the deployment continues whatever happens, at any time, with as many devices as ask.
        </Text>
      ) : (
        <ul className="rules">
          {active.map((rule) => (
            <RuleItem
              key={rule.kind}
              {...{ rule, rules, problems, onChange }}
              isOpen={opened === rule.kind || hasProblem(rule.members, problems)}
              onToggle={() => setOpened(opened === rule.kind ? undefined : rule.kind)}
            />
          ))}
        </ul>
      )}
      {others.length > 0 && (
        <Menu position="bottom-start" width={340}>
          <Menu.Target>
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconPlus size={14} aria-hidden />}
              style={{ alignSelf: 'flex-start' }}
            >
              Add rule
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {others.map(({ kind, label, about, initial }) => (
              <Menu.Item
                key={kind}
                onClick={() => {
                  onChange(initial)
                  setOpened(kind)
                }}
              >
                <Text size="sm">{label}</Text>
                <Text size="xs" c="dimmed">
                  {about}
                </Text>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </Stack>
  )
}

const hasProblem = (members: readonly string[], problems: EditorProps['problems']): boolean =>
  Object.keys(problems).some((field) => members.includes(field.split('.')[0] ?? ''))

type ItemProps = EditorProps & { rule: (typeof RULES)[number]; isOpen: boolean; onToggle: () => void }

function RuleItem({ rule: { kind, label, Editor }, rules, problems, isOpen, onToggle, onChange }: ItemProps) {
  const sentence = useSentence(kind, rules)
  return (
    <li>
      <Group gap="xs" justify="space-between" wrap="nowrap" align="flex-start">
        <Text size="sm" component="div">
          <b>{label}.</b> {sentence || 'Not filled in yet: it has no effect.'}
        </Text>
        <Group gap={0} wrap="nowrap">
          {Editor && (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Edit: ${label}`}
              aria-expanded={isOpen}
              onClick={onToggle}
            >
              <IconPencil size={16} stroke={1.6} aria-hidden />
            </ActionIcon>
          )}
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove: ${label}`}
            onClick={() => onChange({ [kind]: undefined })}
          >
            <IconTrash size={16} stroke={1.6} aria-hidden />
          </ActionIcon>
        </Group>
      </Group>
      {isOpen && Editor && (
        <fieldset className="rule-fields" aria-label={label}>
          <Editor {...{ rules, problems, onChange }} />
        </fieldset>
      )}
    </li>
  )
}

/** The rule with its consequence. */
function useSentence(kind: RuleKind, rules: RulesDraft): string {
  const filter = useFilterName(kind === 'exclude' ? rules.exclude?.filter_id : undefined)
  const { exclude, ...members } = toRollout({ phases: [], [kind]: rules[kind] })
  const named = exclude && {
    device_ids: exclude.device_ids,
    ...(filter === undefined ? {} : { filter: { name: filter } }),
  }
  // Whether the rollout has phases decides how a failure policy counts.
  const phases = kind === 'failures' ? rules.phases.map(() => ({})) : []
  return ruleSentences({ ...members, ...(named && { exclude: named }), phases }, shownZone()).join(' ')
}
