import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { counted } from '../../../src/texts/numbers.ts'
import { type Deployment, resumeDeployment, useDeploymentsChanged } from '../../api/deployments.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { useNow } from '../../parts/time.tsx'
import { Consequences } from './consequences.tsx'
import { failedOf } from './numbers.ts'
import { startableText } from './texts.ts'

/** Asks for confirmation that a paused deployment continues, and for the reason. */
export function Resume({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const [reason, setReason] = useState('')
  const now = useNow(5_000)
  const onChanged = useDeploymentsChanged()
  return (
    <Confirm
      title={`Resume deployment ${deployment.name}?`}
      action="Resume deployment"
      color="indigo"
      onConfirm={() => resumeDeployment(deployment.id, reason).then(onChanged)}
      onClose={onClose}
    >
      <Consequences of={[startableText(deployment, now), ...policyTexts(deployment)]} />
      <TextInput
        label="Reason"
        description="Optional. Shown in the audit log."
        value={reason}
        onChange={({ currentTarget: { value } }) => setReason(value)}
      />
    </Confirm>
  )
}

/** What the failure policy counts afterwards. */
function policyTexts(deployment: Deployment): string[] {
  const failed = failedOf(deployment)
  const { failure_policy: policy } = deployment
  if (policy?.max_failures === undefined && policy?.max_failure_percent === undefined) return []
  return failed === 0
    ? []
    : [`The failure policy counts from zero: the ${counted(failed, 'failure')} so far will not stop the deployment.`]
}
