import { Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { type DdiDevice, makeTargetToken, useDdiDevicesChanged } from '../../api/ddi.ts'
import { errorsOf } from '../../parts/field-errors.ts'
import { FormDialog } from '../../parts/form.tsx'
import { OwnToken } from '../../parts/own-token.tsx'
import { ShownTargetToken } from '../../parts/shown-target-token.tsx'

type Props = { device: DdiDevice; onClose: () => void }

/** Makes or renews the token of the device. */
export function NewTargetToken({ device: { device_id, controller_id, has_target_token }, onClose }: Props) {
  const [token, setToken] = useState('')
  // The token may exist only since this dialog has made it.
  const [isRenewal] = useState(has_target_token)
  const onChanged = useDdiDevicesChanged()
  const make = useMutation({ mutationFn: () => makeTargetToken(device_id, token), onSuccess: onChanged })
  const errors = errorsOf(make.error, { token: 'token' })
  if (make.data) return <ShownTargetToken {...{ controller_id, onClose }} token={make.data.token} />
  return (
    <FormDialog
      onClose={onClose}
      title={isRenewal ? 'Renew target token' : 'Make target token'}
      action={isRenewal ? 'Renew token' : 'Make token'}
      problem={errors.form}
      is_pending={make.isPending}
      onSubmit={make.mutate}
    >
      <Text size="sm">
        {isRenewal
          ? 'The old token ends at once: the device loses access until it is configured with the new one.'
          : 'Configure the device with the token. If it has a gateway token, that stays valid.'}
      </Text>
      <OwnToken token={token} error={errors.token} onChange={setToken} />
    </FormDialog>
  )
}
