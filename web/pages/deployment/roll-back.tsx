import { Stack } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { counted } from '../../../src/texts/numbers.ts'
import { type Deployment, rollBack, useDeploymentsChanged } from '../../api/deployments.ts'
import { useFleet } from '../../api/overview.ts'
import { useReleaseSearch } from '../../api/targets.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { isOver } from '../../parts/deployment-text.ts'
import { ReleasePicker } from '../../parts/release-picker.tsx'
import { Consequences } from './consequences.tsx'
import { expectedOf, inProgressOf, touchedOf } from './numbers.ts'
import { expectedText } from './texts.ts'

/** Asks for the release to deploy instead, with the number of devices that get it. */
export function RollBack({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const suggested = useSuggestedRelease(deployment)
  const [chosen, setChosen] = useState<string>()
  const [, go] = useLocation()
  const onChanged = useDeploymentsChanged()
  const release = chosen ?? suggested ?? ''
  const confirm = async () => {
    const id = await rollBack(deployment.id, release)
    await onChanged()
    go(`/deployments/${id}`)
  }
  return (
    <Confirm
      title={`Roll back deployment ${deployment.name}?`}
      action="Roll back"
      disabled={release === ''}
      onConfirm={confirm}
      onClose={onClose}
    >
      <Stack>
        {/* The field keeps what it was created with. */}
        <ReleasePicker
          key={chosen === undefined ? suggested : ''}
          label="Release to roll back to"
          value={release}
          onChange={setChosen}
        />
        <Consequences of={consequences(deployment, release)} />
      </Stack>
    </Confirm>
  )
}

/** The release of the failure policy, or the one that most devices run now. */
function useSuggestedRelease({ failure_policy, artifact_name }: Deployment): string | undefined {
  const { data: fleet } = useFleet()
  const { data: releases } = useReleaseSearch('')
  const names = new Set(releases?.rows.map(({ Name }) => Name))
  const others = fleet?.software.versions.filter(
    (version) => version.artifact_name !== artifact_name && names.has(version.artifact_name),
  )
  return failure_policy?.rollback_artifact_name ?? others?.[0]?.artifact_name
}

function consequences(deployment: Deployment, release: string): string[] {
  const touched = touchedOf(deployment)
  const devices = `${counted(touched, 'device')} that ${touched === 1 ? 'has' : 'have'}`
  return [
    `A new deployment offers ${release || 'the release'} to the ${devices} been offered ${deployment.artifact_name}.`,
    ...(isOver(deployment) ? [] : abortTexts(deployment)),
    'This cannot be undone.',
  ]
}

function abortTexts(deployment: Deployment): string[] {
  const in_progress = inProgressOf(deployment)
  const are = in_progress === 1 ? 'is' : 'are'
  const left = expectedOf(deployment)
  return [
    in_progress === 0
      ? 'This deployment is aborted.'
      : `This deployment is aborted: ${counted(in_progress, 'device')} in progress ${are} stopped.`,
    left.devices === 0 && !left.isOpenEnded
      ? 'All target devices have started.'
      : `${expectedText(left)} will not be offered this update.`,
  ]
}
