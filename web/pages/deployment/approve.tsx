import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { gateProgressTexts } from '../../../src/texts/gates.ts'
import { approvePhase, type Deployment, useDeploymentsChanged } from '../../api/deployments.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { useNow } from '../../parts/time.tsx'
import { shownZone } from '../../parts/zone.ts'
import { Consequences } from './consequences.tsx'
import { phaseName } from './texts.ts'

type Props = { deployment: Deployment; index: number; onClose: () => void }

/** Asks for confirmation of an approval, with what the devices of the phase have shown. */
export function Approve({ deployment, index, onClose }: Props) {
  const [comment, setComment] = useState('')
  const now = useNow(5_000)
  const onChanged = useDeploymentsChanged()
  const { id = '', gate, progress } = deployment.phases?.[index] ?? {}
  const shown = gate && progress ? gateProgressTexts(gate, progress, { now, timeZone: shownZone() }).join(', ') : ''
  return (
    <Confirm
      title={`Approve phase ${index + 2}?`}
      action={`Approve phase ${index + 2}`}
      color="indigo"
      onConfirm={() => approvePhase(deployment.id, id, comment).then(onChanged)}
      onClose={onClose}
    >
      <Consequences
        of={[
          `${phaseName(deployment, index + 2)} opens: its devices are offered ${deployment.artifact_name}.`,
          `In phase ${index + 1}: ${shown}.`,
        ]}
      />
      <TextInput
        label="Comment"
        description="Optional. Shown on this page and in the audit log."
        value={comment}
        onChange={({ currentTarget: { value } }) => setComment(value)}
      />
    </Confirm>
  )
}
