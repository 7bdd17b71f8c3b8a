import { Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { counted } from '../../../src/texts/numbers.ts'
import { type CountedGroup, DEVICES_KEY, deleteGroup } from '../../api/devices.ts'
import { Confirm } from '../../parts/confirm.tsx'

export function DeleteGroup({ group: { name, device_count }, onClose }: { group: CountedGroup; onClose: () => void }) {
  const queries = useQueryClient()
  return (
    <Confirm
      title={`Delete group ${name}?`}
      action="Delete group"
      onConfirm={async () => {
        await deleteGroup(name)
        await queries.invalidateQueries({ queryKey: DEVICES_KEY })
      }}
      onClose={onClose}
    >
      <Text size="sm">
        {counted(device_count, 'device')} will be in no group. The devices stay, and running deployments to the group do
        not change.
      </Text>
    </Confirm>
  )
}
