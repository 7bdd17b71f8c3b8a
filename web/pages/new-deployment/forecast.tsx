import { Alert, Table, Text, Title } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { bytes, percent, whole } from '../../../src/texts/numbers.ts'
import { absolute } from '../../../src/texts/times.ts'
import type { Preview } from '../../api/deployments.ts'
import { type Answer, type Part, partsOf, sentence } from './sentence.ts'

type Props = {
  answer: Answer | undefined
  /** Another answer is on its way. */
  isStale: boolean
  now: number
}

/** What will happen, before it does. */
export function Forecast({ answer, isStale, now }: Props) {
  return (
    <section className="card forecast" aria-labelledby="forecast-heading" aria-busy={answer !== undefined && isStale}>
      <Title order={2} id="forecast-heading" mb="sm">
        Preview
      </Title>
      {answer ? (
        <div className={isStale ? 'stale' : undefined}>
          <Text className="sentence" aria-live="polite">
            {sentence(answer, now)}
          </Text>
          <Warning preview={answer.preview} />
          <Steps parts={partsOf(answer.preview)} total={answer.preview.device_count} now={now} />
          <Artifacts preview={answer.preview} />
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
  const given = artifacts.reduce((sum, one) => sum + one.device_count, 0)
  if (given > 0 || device_count === 0) return null
  return (
    <Alert mt="sm" color="yellow" variant="light" icon={<IconAlertTriangle aria-hidden />}>
      None of these devices would install the release.
    </Alert>
  )
}

function Steps({ parts, total, now }: { parts: Part[]; total: number; now: number }) {
  if (parts.length < 2 || total === 0) return null
  return (
    <ol className="forecast-phases" aria-label="Devices by phase">
      {parts.map(({ start_ts, devices, cumulative }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: phases have no other name
        <li key={i}>
          <div className="forecast-phase" aria-hidden>
            <span style={{ width: percentOf(cumulative - devices, total) }} />
            <b style={{ width: percentOf(devices, total) }} />
          </div>
          <Text size="xs" className="numbers">
            {start_ts && Date.parse(start_ts) > now ? absolute(start_ts) : 'Now'}: {whole(cumulative)} in total,{' '}
            {percent(cumulative, total)}
          </Text>
        </li>
      ))}
    </ol>
  )
}

const percentOf = (part: number, total: number) => `${(100 * part) / total}%`

function Artifacts({ preview: { artifacts } }: { preview: Preview }) {
  return (
    <Table mt="md" verticalSpacing={6} aria-label="Artifacts by device">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Artifact for</Table.Th>
          <Table.Th ta="right">Size</Table.Th>
          <Table.Th ta="right">Devices</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {artifacts.map(({ id, device_types_compatible, size, device_count }) => (
          <Table.Tr key={id} className="numbers">
            <Table.Td className="heading">{device_types_compatible.join(', ')}</Table.Td>
            <Table.Td ta="right">{bytes(size)}</Table.Td>
            <Table.Td ta="right">{whole(device_count)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
