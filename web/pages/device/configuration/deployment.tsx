import { Anchor, Group, Text } from '@mantine/core'
import { Link } from 'wouter'
import { DEPLOYMENT_STATUS_STYLES, DEVICE_STATUS_STYLES, type StatusStyle } from '../../../../src/texts/statuses.ts'
import { type Deployment, useDeployment } from '../../../api/deployments.ts'
import { useMay } from '../../../api/session.ts'
import { stateOf } from '../../../parts/deployment-text.ts'
import { deploymentPage } from '../../../parts/links.ts'
import { Loaded } from '../../../parts/loaded.tsx'
import { StatusChip } from '../../../parts/status-chip.tsx'
import { Ago } from '../../../parts/time.tsx'

/** The newest deployment of the configuration: how far the device is. */
export function ConfigurationDeployment({ id }: { id: string }) {
  const may = useMay()
  return may('read_deployments') ? <Shown id={id} /> : null
}

function Shown({ id }: { id: string }) {
  const query = useDeployment(id)
  return (
    <Loaded query={query} lines={1}>
      {(deployment) => (
        <Group gap="xs">
          <Text size="sm">
            Deployed <Ago at={deployment.created} />
            {' · '}
            <Anchor component={Link} href={deploymentPage(id)} inherit underline="always">
              View deployment
            </Anchor>
          </Text>
          <StatusChip {...statusOf(deployment)} />
        </Group>
      )}
    </Loaded>
  )
}

/** The status of the one device. A deployment that was aborted before the device asked counts it in none. */
function statusOf(deployment: Deployment): { status: string; statusStyle: StatusStyle | undefined } {
  const counts = Object.entries(deployment.statistics.status)
  const status = counts.find(([, count]) => count > 0)?.[0] ?? stateOf(deployment)
  return { status, statusStyle: STYLES[status] }
}

const STYLES: Readonly<Record<string, StatusStyle>> = {
  ...DEPLOYMENT_STATUS_STYLES,
  ...DEVICE_STATUS_STYLES,
  success: { label: 'Applied', color: 'teal', description: 'installed by the device' },
}
