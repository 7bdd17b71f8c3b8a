import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { Link } from 'wouter'
import { contentText } from '../../../src/texts/contents.ts'
import { whole } from '../../../src/texts/numbers.ts'
import { updatedText } from '../../../src/texts/progress.ts'
import type { DeploymentsOverview } from '../../api/overview.ts'
import { useMay } from '../../api/session.ts'
import { CountsBar } from '../../parts/counts-bar.tsx'
import { styleOf } from '../../parts/deployment-text.ts'
import { deploymentPage } from '../../parts/links.ts'
import { StatusChip } from '../../parts/status-chip.tsx'

type Deployment = DeploymentsOverview['running'][number]

/** The newest unfinished deployments and their progress. */
export function Running({ overview: { running, pending, inprogress, scheduled } }: { overview: DeploymentsOverview }) {
  const may = useMay()
  const more = pending + inprogress - running.length
  if (running.length === 0)
    return (
      <Stack gap="sm" align="flex-start">
        <Text size="sm" c="dimmed">
          {scheduled > 0 ? `None running, ${whole(scheduled)} scheduled.` : 'No deployments are running.'}
        </Text>
        {may('deployments') && (
          <Button component={Link} href="/deployments/new" variant="light" size="xs">
            New deployment
          </Button>
        )}
      </Stack>
    )
  return (
    <Stack gap="md">
      <ul className="overview-rows">
        {running.map((deployment) => (
          <li key={deployment.id}>
            <RunningItem deployment={deployment} />
          </li>
        ))}
      </ul>
      <Anchor component={Link} href="/deployments" size="sm">
        {more > 0 ? `${whole(more)} more running` : 'All deployments'}
        {scheduled > 0 && `, ${whole(scheduled)} scheduled`}
      </Anchor>
    </Stack>
  )
}

function RunningItem({ deployment }: { deployment: Deployment }) {
  const { id, name, status, device_count, max_devices, initial_device_count, statistics } = deployment
  const total = Math.max(max_devices ?? initial_device_count, device_count)
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs">
        <Anchor component={Link} href={deploymentPage(id)} fw={600} size="sm">
          {name}
        </Anchor>
        <StatusChip statusStyle={styleOf(deployment)} status={status} />
      </Group>
      <CountsBar counts={statistics.status} total={total} />
      <Group justify="space-between" gap="2xs">
        <Text size="xs" c="dimmed">
          {contentText(deployment)}
        </Text>
        <Text size="xs" className="numbers" ml="auto">
          {updatedText(statistics.status, total)}
        </Text>
      </Group>
    </Stack>
  )
}
