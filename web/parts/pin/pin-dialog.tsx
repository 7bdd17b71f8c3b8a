import { Text } from '@mantine/core'
import { useState } from 'react'
import { pinDevice, usePinsChanged } from '../../api/pins.ts'
import { Confirm } from '../confirm.tsx'
import { NEW_PIN, PinFields, toPin } from './pin-fields.tsx'

type Props = { id: string; name: string; onClose: () => void }

/** Asks how long to keep a device from updates, and why. */
export function PinDialog({ id, name, onClose }: Props) {
  const [draft, setDraft] = useState(NEW_PIN)
  const onChanged = usePinsChanged()
  const pin = toPin(draft)
  return (
    <Confirm
      title={`Pin ${name}?`}
      action="Pin device"
      color="indigo"
      disabled={!pin}
      onConfirm={async () => pin && pinDevice(id, pin).then(onChanged)}
      onClose={onClose}
    >
      <Text size="sm">
        The device gets no update, and starts no other attempt at one. An update that it has begun goes on.
      </Text>
      <PinFields value={draft} onChange={setDraft} />
    </Confirm>
  )
}
