import type { Deployment } from '../../api/deployments.ts'
import { useMay, useSession } from '../../api/session.ts'
import { isOver } from '../../parts/deployment-text.ts'
import type { Dialog } from './dialogs.tsx'
import { failedOf } from './numbers.ts'

export type NextStep = { label: string; dialog: Dialog; isExpected: boolean }
type Viewer = { mayDeploy: boolean; mayApprove: boolean; user_id: string }

/** What the next step depends on, of the user. */
export function useViewer(): Viewer {
  const may = useMay()
  const { user } = useSession()
  return { mayDeploy: may('deployments'), mayApprove: may('approve'), user_id: user.id }
}

/**
 * The one thing that the user can do about the deployment now: what it waits for, or else what stops it. Undefined if
 * there is no need. `isExpected`: the deployment waits for it.
 */
export function nextStepOf(deployment: Deployment, { mayDeploy, mayApprove, user_id }: Viewer): NextStep | undefined {
  const { rollout, phases = [], created_by } = deployment
  if (isOver(deployment)) return undefined
  if (rollout.state === 'paused')
    return mayDeploy ? { label: 'Resume', dialog: { kind: 'resume' }, isExpected: true } : undefined
  const index = phases.findIndex(({ progress }) => progress && !['open', 'closed'].includes(progress.state))
  const { gate, progress } = phases[index] ?? {}
  if (rollout.state === 'held' && gate && progress) {
    const isForOthers = gate.approval === 'other_user' && created_by?.id === user_id
    if (progress.state === 'awaiting_approval' && mayApprove && !isForOthers)
      return { label: `Approve phase ${index + 2}`, dialog: { kind: 'approve', index }, isExpected: true }
    return mayDeploy
      ? { label: `Open phase ${index + 2} now`, dialog: { kind: 'open', index }, isExpected: false }
      : undefined
  }
  return mayDeploy && failedOf(deployment) > 0
    ? { label: 'Pause', dialog: { kind: 'pause' }, isExpected: false }
    : undefined
}
