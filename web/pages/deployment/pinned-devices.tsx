import { Alert, Anchor, List, Text } from '@mantine/core'
import { IconPinned } from '@tabler/icons-react'
import { Link } from 'wouter'
import { counted, whole } from '../../../src/texts/numbers.ts'
import type { Deployment } from '../../api/deployments.ts'
import { type DevicePin, usePinned } from '../../api/pins.ts'
import { useDeviceNames } from '../../api/targets.ts'
import { isOver } from '../../parts/deployment-text.ts'
import { Failure, isForbidden } from '../../parts/failure.tsx'
import { devicePage } from '../../parts/links.ts'
import { Time } from '../../parts/time.tsx'

const SHOWN = 5

/** The pinned devices that the deployment waits for, and why they are pinned. */
export function PinnedDevices({ deployment }: { deployment: Deployment }) {
  const { data, error, refetch } = usePinned(deployment.id, { enabled: !isOver(deployment), per_page: SHOWN })
  const names = useDeviceNames(data?.rows.map(({ device_id }) => device_id) ?? [])
  if (error && !data && !isForbidden(error)) return <Failure error={error} onRetry={refetch} />
  if (!data || data.total === 0 || isOver(deployment) || names.isLoading) return null
  const { total, rows } = data
  const many = total > 1
  return (
    <Alert color="yellow" variant="light" icon={<IconPinned aria-hidden />}>
      <Text size="sm" fw={600}>
        {counted(total, 'device')} {many ? 'are' : 'is'} pinned, and {many ? 'get' : 'gets'} no update
      </Text>
      <List size="sm" spacing="2xs" mt="2xs">
        {rows.map((pin) => (
          <List.Item key={pin.device_id} className="break-anywhere">
            <Anchor component={Link} href={devicePage(pin.device_id)} underline="always" c="inherit" size="sm">
              {names.data?.get(pin.device_id) ?? pin.device_id}
            </Anchor>{' '}
            <Until pin={pin} />: {pin.reason}
          </List.Item>
        ))}
        {total > rows.length && <List.Item>and {whole(total - rows.length)} more</List.Item>}
      </List>
      {!deployment.dynamic && (
        <Text size="sm" mt="xs">
          The deployment is not finished before {many ? 'they have' : 'it has'} the update, or it is aborted for{' '}
          {many ? 'them' : 'it'}.
        </Text>
      )}
    </Alert>
  )
}

const Until = ({ pin: { not_before } }: { pin: DevicePin }) =>
  not_before ? (
    <>
      until <Time at={not_before} />
    </>
  ) : (
    'until the pin is removed'
  )
