import { Autocomplete, Button, Group, Modal, Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { DEVICES_KEY, type Device, putIntoGroup, useGroups } from '../../api/devices.ts'
import { problemOf } from '../../api/http.ts'
import { attributeOf } from '../../parts/device-facts.ts'

type Props = { device: Device; onClose: () => void }

export function GroupDialog({ device, onClose }: Props) {
  const [group, setGroup] = useState(attributeOf(device, 'system', 'group') ?? '')
  const { data: groups = [] } = useGroups()
  const queries = useQueryClient()
  const moving = useMutation({
    mutationFn: () => putIntoGroup(group, [device.id]),
    onSuccess: () => {
      onClose()
      return queries.invalidateQueries({ queryKey: DEVICES_KEY })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    moving.mutate()
  }
  return (
    <Modal opened onClose={onClose} title="Device group">
      <form onSubmit={submit}>
        <Stack>
          <Autocomplete
            label="Group"
            description="Choose a group or enter a new name. The device leaves its current group."
            data={groups}
            value={group}
            onChange={setGroup}
            error={moving.error ? problemOf(moving.error).sentence : undefined}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={moving.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
