import { Alert, Button, Group, Text } from '@mantine/core'
import { IconPinned } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import type { Device } from '../../api/devices.ts'
import { type DevicePin, unpinDevice, usePin, usePinsChanged } from '../../api/pins.ts'
import { useMay } from '../../api/session.ts'
import { attributeOf } from '../device-facts.ts'
import { Failure } from '../failure.tsx'
import { Time } from '../time.tsx'

/** What keeps a device from updates, and a button that ends it. Nothing if it is not pinned. */
export function PinNotice({ device }: { device: Device }) {
  const is_pinned = attributeOf(device, 'system', 'pinned_until') !== undefined
  const { data: pin, error, refetch } = usePin(device.id, is_pinned)
  const may = useMay()
  const onChanged = usePinsChanged()
  const remove = useMutation({ mutationFn: () => unpinDevice(device.id).then(onChanged) })
  if (!is_pinned) return null
  if (error && pin === undefined) return <Failure error={error} onRetry={refetch} />
  if (!pin) return null
  return (
    <Alert color="yellow" variant="light" icon={<IconPinned aria-hidden />}>
      <Group justify="space-between" align="flex-end" gap="sm">
        <div>
          <Text size="sm" fw={600}>
            <PinnedUntil pin={pin} />
          </Text>
          <Text size="sm" className="break-anywhere">
            {pin.reason}
          </Text>
          <Text size="sm">
            Pinned by {pin.by.email ?? 'a user'}, <Time at={pin.since} />
          </Text>
        </div>
        {may('deployments') && (
          <Button size="xs" variant="default" loading={remove.isPending} onClick={() => remove.mutate()}>
            Remove pin
          </Button>
        )}
      </Group>
      {remove.error && <Failure error={remove.error} />}
    </Alert>
  )
}

const PinnedUntil = ({ pin: { not_before } }: { pin: DevicePin }) =>
  not_before ? (
    <>
      Pinned: gets no update before <Time at={not_before} />
    </>
  ) : (
    'Pinned: gets no update'
  )
