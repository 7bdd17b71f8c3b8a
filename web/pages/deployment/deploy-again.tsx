import { Skeleton, Text } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { counted } from '../../../src/texts/numbers.ts'
import { worstCaseText } from '../../../src/texts/rollouts.ts'
import {
  createDeployment,
  type Deployment,
  type Preview,
  useDeploymentsChanged,
  usePreview,
} from '../../api/deployments.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Failure } from '../../parts/failure.tsx'
import { scheduleText } from '../../parts/rollout/schedule-text.ts'
import { useNow } from '../../parts/time.tsx'
import { type Outcome, repeatOf } from './again.ts'
import { Consequences } from './consequences.tsx'

type Props = { deployment: Deployment; outcome: Outcome; onClose: () => void }

/** Asks for confirmation of another deployment of the same release to some of the devices, with its numbers. */
export function DeployAgain({ deployment, outcome, onClose }: Props) {
  const now = useNow(30_000)
  const [created] = useState(now)
  const body = repeatOf(deployment, outcome, created)
  const { data, error } = usePreview(body)
  const [, go] = useLocation()
  const onChanged = useDeploymentsChanged()
  const confirm = async () => {
    const id = await createDeployment(body)
    await onChanged()
    go(`/deployments/${id}`)
  }
  const who = outcome === 'failed' ? 'that failed' : 'that were not reached'
  return (
    <Confirm
      title={`Deploy again to the devices ${who}?`}
      action={data ? `Deploy to ${counted(data.device_count, 'device')}` : 'Deploy'}
      color="indigo"
      disabled={!data}
      onConfirm={confirm}
      onClose={onClose}
    >
      {error && <Failure error={error} />}
      {!data && !error && <Skeleton height={80} aria-busy="true" />}
      {data && <Consequences of={consequences(deployment, data, { who, now })} />}
      <Text size="sm" c="dimmed">
        The new deployment has the same rules as this one, which does not change.
      </Text>
    </Confirm>
  )
}

type Texts = { who: string; now: number }

function consequences({ artifact_name }: Deployment, preview: Preview, { who, now }: Texts): string[] {
  const { device_count, phases } = preview
  return [
    `A new deployment offers ${artifact_name} to the ${counted(device_count, 'device')} ${who}.`,
    ...(phases.length > 1 ? [`In ${phases.length} phases: ${scheduleText(preview, now)}.`] : []),
    worstCaseText(preview.worst_case),
  ]
}
