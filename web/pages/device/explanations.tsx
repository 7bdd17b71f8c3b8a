import { Alert, Anchor, Group, Stack, Table, Text, UnstyledButton } from '@mantine/core'
import {
  IconAlertTriangle,
  IconChevronDown,
  IconChevronRight,
  IconCircleCheck,
  IconClock,
  IconHandStop,
} from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'wouter'
import { whole } from '../../../src/texts/numbers.ts'
import { isGroup, operatorOf, termText } from '../../../src/texts/terms.ts'
import { type ActiveExplanation, useDeviceSummary, useExplanations } from '../../api/devices.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Pager, type PageState } from '../../parts/pager.tsx'
import { Section } from '../../parts/section.tsx'
import { TextWithTimes } from '../../parts/time.tsx'

type Explanation = ActiveExplanation['explanation']

const PER_PAGE = 5

/** Why the device has or has not been offered each unfinished deployment, by the rules that decide the offers. */
export function Explanations({ id }: { id: string }) {
  const { data: summary } = useDeviceSummary(id)
  return (
    <Section title="Why is this device not updating?">
      <Listed id={id} concerning />
      {summary && summary.others > 0 && <Others id={id} count={summary.others} />}
    </Section>
  )
}

function Listed({ id, concerning }: { id: string; concerning: boolean }) {
  const [page, setPage] = useState<PageState>({ page: 1, per_page: PER_PAGE })
  const explanations = useExplanations(id, { ...page, concerning })
  return (
    <Loaded query={explanations} lines={3}>
      {({ rows, total }) =>
        total === 0 && concerning ? (
          <NothingToInstall />
        ) : (
          <>
            <Stack gap="sm">
              {rows.map((one) => (
                <DeploymentExplanation key={one.deployment.id} {...one} />
              ))}
            </Stack>
            {total > PER_PAGE && <Pager {...page} total={total} isFixed onChange={setPage} />}
          </>
        )
      }
    </Loaded>
  )
}

const NothingToInstall = () => (
  <Text size="sm" c="dimmed">
    There is nothing to install: no unfinished deployment that you have access to is for this device.{' '}
    <Anchor component={Link} href="/deployments" inherit underline="always">
      View deployments
    </Anchor>
  </Text>
)

/** The deployments that are for other devices, folded. */
function Others({ id, count }: { id: string; count: number }) {
  const [shown, setShown] = useState(false)
  const text = count === 1 ? '1 other deployment does not concern' : `${whole(count)} other deployments do not concern`
  return (
    <Stack gap="sm">
      <div>
        <UnstyledButton aria-expanded={shown} onClick={() => setShown(!shown)}>
          <Group gap="2xs" wrap="nowrap" align="center" component="span">
            {shown ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
            <Text size="sm" component="span">
              {text} this device
            </Text>
          </Group>
        </UnstyledButton>
      </div>
      {shown && <Listed id={id} concerning={false} />}
    </Stack>
  )
}

function DeploymentExplanation({ deployment, explanation }: ActiveExplanation) {
  const { color, icon: Icon } = STYLES[kindOf(explanation)]
  const { failing_terms = [] } = explanation
  return (
    <Alert
      variant={color === 'gray' ? 'default' : 'light'}
      color={color}
      icon={<Icon aria-hidden />}
      title={
        <Anchor
          component={Link}
          href={`/deployments/${encodeURIComponent(deployment.id)}`}
          inherit
          c="bright"
          underline="always"
        >
          {deployment.name}
        </Anchor>
      }
    >
      <Stack gap="xs">
        <Text size="sm">
          {failing_terms.length > 0 ? (
            'The device does not match the filter.'
          ) : (
            <TextWithTimes text={explanation.message} />
          )}
        </Text>
        {failing_terms.length > 0 && <FailingTerms terms={failing_terms} />}
        <NextStep {...explanation} />
      </Stack>
    </Alert>
  )
}

const STYLES = {
  inProgress: { color: 'blue', icon: IconCircleCheck },
  waiting: { color: 'yellow', icon: IconClock },
  blocked: { color: 'gray', icon: IconHandStop },
  failed: { color: 'red', icon: IconAlertTriangle },
} as const

function kindOf({ code, status }: Explanation): keyof typeof STYLES {
  if (status === 'failure') return 'failed'
  if (code === 'counted_in' || code === 'waits_for_poll') return 'inProgress'
  return WAITING.has(code) ? 'waiting' : 'blocked'
}

const WAITING: ReadonlySet<Explanation['code']> = new Set([
  ...(['busy', 'waits_for_older', 'not_accepted', 'paused', 'waits_for_phase', 'waits_for_gate'] as const),
  ...(['waits_for_window', 'waits_for_slot', 'waits_for_rate', 'no_device_type', 'pinned'] as const),
  ...(['quiet_hours', 'waits_for_download'] as const),
])

type FailingTerm = NonNullable<Explanation['failing_terms']>[number]

const shown = (value: unknown) => [value].flat().join(', ')

/** One row for each condition of a group, so that its sentence is beside all that it depends on. */
function factsOf(term: FailingTerm): { attribute: string; actual: string }[] {
  if (isGroup(term)) {
    const facts = term.terms.flatMap(factsOf)
    return facts.filter(({ attribute }, at) => facts.findIndex((one) => one.attribute === attribute) === at)
  }
  const { scope, attribute, actual } = term
  return [{ attribute: `${scope}/${attribute}`, actual: actual === undefined ? 'missing' : shown(actual) }]
}

const requiredBy = (term: FailingTerm): string =>
  isGroup(term) ? termText(term) : `${operatorOf(term).label} ${term.type === '$exists' ? '' : shown(term.value)}`

function FailingTerms({ terms }: { terms: readonly FailingTerm[] }) {
  return (
    <Table layout="fixed" fz="xs" verticalSpacing="2xs" horizontalSpacing="2xs" withRowBorders={false}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Attribute</Table.Th>
          <Table.Th>Required</Table.Th>
          <Table.Th>Actual</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {terms.flatMap((term) =>
          factsOf(term).map(({ attribute, actual }, at, facts) => (
            <Table.Tr key={JSON.stringify([term, attribute])}>
              <Table.Td className="break-anywhere">{attribute}</Table.Td>
              {at === 0 && (
                <Table.Td className="break-anywhere" rowSpan={facts.length}>
                  {requiredBy(term)}
                </Table.Td>
              )}
              <Table.Td className="break-anywhere">{actual}</Table.Td>
            </Table.Tr>
          )),
        )}
      </Table.Tbody>
    </Table>
  )
}

const STEPS: Partial<Record<Explanation['code'], string>> = {
  not_accepted: 'Next step: accept the device if you trust it.',
  not_listed: 'Next step: create a deployment that includes the device.',
  filter_mismatch:
    'If the device should match, correct its tags or create a deployment with another filter. Attributes that the ' +
    'device reports change with its next inventory report.',
  limit_reached: 'Next step: create a deployment with a higher device limit.',
  waits_for_phase: 'No action needed: the device is offered the update when the phase has capacity.',
  excluded: 'Next step: create a deployment that does not exclude the device, if it should be updated.',
  pinned: 'Next step: remove the pin once its reason is gone.',
  paused: 'Next step: resume the deployment once the reason for the pause is gone.',
  waits_for_gate: 'No action needed: the device is offered the update once the gate is open.',
  waits_for_window: 'No action needed: the device is offered the update in its hours.',
  quiet_hours: 'No action needed: the device is offered the update after the quiet hours.',
  waits_for_slot: 'No action needed: the device is offered the update once other devices have ended.',
  waits_for_rate: 'No action needed: the device is offered the update in the next minutes.',
  waits_for_download: 'No action needed: the device is offered the update once other downloads have ended.',
  no_artifact: 'Next step: upload an artifact of this release for the device type.',
  downgrade: 'No action needed, unless the device is to go back: create a deployment that allows downgrades.',
  waits_for_poll: 'No action needed: the device is offered the update at its next poll.',
}

function NextStep({ code, status, deployment_id }: Explanation) {
  const step = status === 'failure' ? 'Next step: read its log in the history below.' : STEPS[code]
  if (deployment_id)
    return <StepLink href={`/deployments/${encodeURIComponent(deployment_id)}`}>View the other deployment</StepLink>
  if (code === 'no_device_type') return <StepLink href="/settings/ddi">View the settings of DDI</StepLink>
  return step ? (
    <Text size="sm" c="dimmed">
      {step}
    </Text>
  ) : null
}

const StepLink = ({ href, children }: { href: string; children: string }) => (
  <Text size="sm">
    <Anchor component={Link} href={href} inherit c="bright" underline="always">
      {children}
    </Anchor>
  </Text>
)
