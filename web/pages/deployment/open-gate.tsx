import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { GATE_STATE_STYLES, gateProgressTexts, gateText } from '../../../src/texts/gates.ts'
import { type Deployment, openGate, type Phase, useDeploymentsChanged } from '../../api/deployments.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { useNow } from '../../parts/time.tsx'
import { shownZone } from '../../parts/zone.ts'
import { Consequences } from './consequences.tsx'
import { phaseName } from './texts.ts'

type Props = { deployment: Deployment; index: number; onClose: () => void }

type Gated = Required<Pick<Phase, 'gate' | 'progress'>>

/** How far the gate is. */
function nowText(gate: Gated['gate'], progress: Gated['progress'], now: number): string {
  const state = GATE_STATE_STYLES[progress.state]?.label.toLowerCase() ?? progress.state
  return `Now: ${[state, ...gateProgressTexts(gate, progress, { now, timeZone: shownZone() })].join(', ')}.`
}

/** Asks for the reason to open a phase although the gate before it does not hold. */
export function OpenGate({ deployment, index, onClose }: Props) {
  const [reason, setReason] = useState('')
  const now = useNow(5_000)
  const onChanged = useDeploymentsChanged()
  const { id = '', gate, progress } = deployment.phases?.[index] ?? {}
  const number = index + 2
  return (
    <Confirm
      title={`Open phase ${number} now?`}
      action={`Open phase ${number}`}
      disabled={reason.trim() === ''}
      onConfirm={() => openGate(deployment.id, id, reason).then(onChanged)}
      onClose={onClose}
    >
      <Consequences
        of={[
          `${phaseName(deployment, number)} opens: its devices are offered ${deployment.artifact_name}.`,
          ...(gate ? [`The gate would open it once ${gateText(gate, `phase ${index + 1}`)}.`] : []),
          ...(gate && progress ? [nowText(gate, progress, now)] : []),
          'This cannot be undone, but the deployment can be paused.',
        ]}
      />
      <TextInput
        label="Reason"
        description="Shown on this page and in the audit log."
        required
        value={reason}
        onChange={({ currentTarget: { value } }) => setReason(value)}
      />
    </Confirm>
  )
}
