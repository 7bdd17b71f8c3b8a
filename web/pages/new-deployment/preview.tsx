import { Alert, Group, Table, Text, Title } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { limitSentences } from '../../../src/texts/download-limits.ts'
import { bytes, percent, whole } from '../../../src/texts/numbers.ts'
import { worstCaseText } from '../../../src/texts/rollouts.ts'
import type { Preview } from '../../api/deployments.ts'
import { DialectChip } from '../../parts/dialect-chip.tsx'
import { dialectsOf } from '../../parts/dialects.ts'
import { type PhaseDevices, phaseDevicesOf, startText } from '../../parts/rollout/schedule-text.ts'
import { Time } from '../../parts/time.tsx'
import { type PreviewState, sentence } from './sentence.ts'

type Props = {
  state: PreviewState | undefined
  /** A newer preview is being loaded. */
  isStale: boolean
  now: number
}

/** What the deployment will do. */
export function PreviewCard({ state, isStale, now }: Props) {
  return (
    <section className="card preview" aria-labelledby="forecast-heading" aria-busy={state !== undefined && isStale}>
      <Title order={2} id="forecast-heading" mb="sm">
        Preview
      </Title>
      {state ? (
        <div className={isStale ? 'stale' : undefined}>
          <Text className="preview-summary" aria-live="polite">
            {sentence(state, now)}
          </Text>
          <Warning preview={state.preview} />
          <FirstOffer preview={state.preview} now={now} />
          <Limits preview={state.preview} />
          <PhaseList parts={phaseDevicesOf(state.preview)} total={state.preview.device_count} now={now} />
          <Artifacts preview={state.preview} />
        </div>
      ) : (
        <Text c="dimmed" size="sm">
          Choose a release and target devices to see what the deployment will do.
        </Text>
      )}
    </section>
  )
}

function Warning({ preview: { artifacts, device_count } }: { preview: Preview }) {
  const updated = artifacts.reduce((sum, one) => sum + one.device_count, 0)
  if (updated > 0 || device_count === 0) return null
  return (
    <Alert mt="sm" color="yellow" variant="light" icon={<IconAlertTriangle aria-hidden />}>
      None of these devices would install the release.
    </Alert>
  )
}

const MINUTE_MS = 60_000

/** When the first device may be offered the update, if that is later than the start of the first phase. */
function FirstOffer({ preview: { first_offer, phases }, now }: { preview: Preview; now: number }) {
  const [first] = phases
  const start = Math.max(now, first?.start_ts ? Date.parse(first.start_ts) : 0)
  if (!first_offer)
    return (
      <Alert mt="sm" color="yellow" variant="light" icon={<IconAlertTriangle aria-hidden />}>
        In these hours and days, no device would be offered the update within two years.
      </Alert>
    )
  if (Date.parse(first_offer) < start + MINUTE_MS) return null
  return (
    <Text size="sm" mt="sm">
      First offer: <Time at={first_offer} />
    </Text>
  )
}

/** The download limits of the tenant, which hold for this deployment, too. */
function Limits({ preview: { download_limits, ignore_quiet_hours } }: { preview: Preview }) {
  const sentences = limitSentences(download_limits ?? {}, { is_urgent: ignore_quiet_hours === true })
  if (sentences.length === 0) return null
  return (
    <Text size="sm" mt="sm" c="dimmed">
      {sentences.join(' ')}
    </Text>
  )
}

/** What would happen if the update failed on every device, beside the button that starts it. */
export function WorstCase({ preview: { worst_case }, isStale }: { preview: Preview; isStale: boolean }) {
  const isLimited = worst_case.devices_touched < worst_case.of
  return (
    <Text size="sm" className={isStale ? 'outdated' : ''} {...(isLimited ? {} : { c: 'dimmed' })}>
      {worstCaseText(worst_case)}
    </Text>
  )
}

function PhaseList({ parts, total, now }: { parts: PhaseDevices[]; total: number; now: number }) {
  if (parts.length < 2 || total === 0) return null
  return (
    <ol className="preview-phases" aria-label="Devices by phase">
      {parts.map((part, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: phases have no other name
        <li key={i}>
          <div className="preview-phase" aria-hidden>
            <span style={{ width: percentOf(part.cumulative - part.devices, total) }} />
            <b style={{ width: percentOf(part.devices, total) }} />
          </div>
          <Text size="xs" className="numbers">
            {capitalized(startText(part, now).replace(/^from /, ''))}: {whole(part.cumulative)} in total,{' '}
            {percent(part.cumulative, total)}
          </Text>
        </li>
      ))}
    </ol>
  )
}

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
const percentOf = (part: number, total: number) => `${(100 * part) / total}%`

function Artifacts({ preview: { artifacts } }: { preview: Preview }) {
  return (
    <Table mt="md" verticalSpacing="2xs" aria-label="Artifacts by device">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Artifact for</Table.Th>
          <Table.Th ta="right">Size</Table.Th>
          <Table.Th ta="right">Devices</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {artifacts.map(({ id, device_types_compatible, dialect, size, device_count }) => (
          <Table.Tr key={id} className="numbers">
            <Table.Td className="break-anywhere">
              <Group gap="xs">
                {device_types_compatible.join(', ')}
                {dialectsOf(artifacts).includes('ddi') && <DialectChip dialect={dialect} />}
              </Group>
            </Table.Td>
            <Table.Td ta="right">{bytes(size)}</Table.Td>
            <Table.Td ta="right">{whole(device_count)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
