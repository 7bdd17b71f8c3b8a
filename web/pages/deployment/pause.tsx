import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { type Deployment, pauseDeployment, useDeploymentsChanged } from '../../api/deployments.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { useNow } from '../../parts/time.tsx'
import { Consequences } from './consequences.tsx'
import { pausedTexts } from './texts.ts'

/** Asks for confirmation of a pause, and for its reason. */
export function Pause({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const [reason, setReason] = useState('')
  const now = useNow(5_000)
  const onChanged = useDeploymentsChanged()
  return (
    <Confirm
      title={`Pause deployment ${deployment.name}?`}
      action="Pause deployment"
      color="indigo"
      onConfirm={() => pauseDeployment(deployment.id, reason).then(onChanged)}
      onClose={onClose}
    >
      <Consequences
        of={['No device starts, or starts another attempt, until a user resumes.', ...pausedTexts(deployment, now)]}
      />
      <TextInput
        label="Reason"
        description="Optional. Shown on this page and in the audit log."
        value={reason}
        onChange={({ currentTarget: { value } }) => setReason(value)}
      />
    </Confirm>
  )
}
