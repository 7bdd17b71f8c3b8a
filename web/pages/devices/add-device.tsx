import { Anchor, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { addDdiDevice, useDdiDevicesChanged, useDdiSettings } from '../../api/ddi.ts'
import { isRefusal } from '../../api/http.ts'
import { errorsOf } from '../../parts/field-errors.ts'
import { FormDialog } from '../../parts/form.tsx'
import { devicePage } from '../../parts/links.ts'
import { OwnToken } from '../../parts/own-token.tsx'
import { ShownTargetToken } from '../../parts/shown-target-token.tsx'

/** Creates a device that speaks DDI, before its first request, with a token of its own. */
export function AddDevice({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [token, setToken] = useState('')
  const { data: settings } = useDdiSettings()
  const onChanged = useDdiDevicesChanged()
  const controller_id = name.trim()
  const add = useMutation({ mutationFn: () => addDdiDevice(controller_id, token), onSuccess: onChanged })
  const known = isRefusal(add.error, 'device_exists') ? String(add.error.details.id) : undefined
  const errors = errorsOf(known ? undefined : add.error, { controller_id: 'controller_id', token: 'token' })
  if (add.data) return <ShownTargetToken {...{ controller_id, onClose }} token={add.data.token} />
  return (
    <FormDialog
      onClose={onClose}
      title="Add DDI device"
      action="Add device"
      problem={errors.form}
      is_pending={add.isPending}
      disabled={controller_id === ''}
      onSubmit={add.mutate}
    >
      <Text size="sm">
        For devices with SWUpdate, RAUC, Zephyr or another client of hawkBit. The device is accepted at its first
        request with its target token. Devices with a Mender client appear by themselves when they first connect.
      </Text>
      {settings?.target_token === false && (
        <Text size="sm">
          Target tokens are switched off: switch them on in{' '}
          <Anchor component={Link} href="/settings/ddi" inherit underline="always">
            the settings
          </Anchor>{' '}
          before the device connects.
        </Text>
      )}
      <TextInput
        label="Controller ID"
        description="The ID with which the device is configured, such as its serial number."
        required
        data-autofocus
        maxLength={256}
        value={name}
        error={known ? <Known id={known} /> : errors.controller_id}
        onChange={({ currentTarget: { value } }) => setName(value)}
      />
      <OwnToken token={token} error={errors.token} onChange={setToken} />
    </FormDialog>
  )
}

const Known = ({ id }: { id: string }) => (
  <>
    This device exists already:{' '}
    <Anchor component={Link} href={devicePage(id)} inherit underline="always">
      view it
    </Anchor>
  </>
)
