import { Button, Group, Text } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { continueDevice } from '../../api/deployments.ts'
import { useMay } from '../../api/session.ts'
import { Failure } from '../../parts/failure.tsx'

/** Lets one device go on that the update control map pauses. */
export function ContinueDevice({ deployment_id, device_id }: { deployment_id: string; device_id: string }) {
  const may = useMay()
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: () => continueDevice(deployment_id, device_id),
  })
  if (!may('deployments')) return null
  return (
    <>
      <Group gap="sm">
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlayerPlay size={14} aria-hidden />}
          loading={isPending}
          disabled={isSuccess}
          onClick={() => mutate()}
        >
          Continue this device
        </Button>
        {isSuccess && (
          <Text size="sm" c="dimmed" role="status">
            It goes on once it asks for its control map, as a rule within minutes.
          </Text>
        )}
      </Group>
      {error && <Failure error={error} />}
    </>
  )
}
