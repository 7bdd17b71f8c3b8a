import { Anchor, List, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { bytes, counted } from '../../../src/texts/numbers.ts'
import {
  type Artifact,
  deleteArtifact,
  deleteReleases,
  inUseBy,
  type Release,
  releasesChanged,
  useDeploymentsNamed,
} from '../../api/releases.ts'
import { useMay } from '../../api/session.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { deploymentPage } from '../../parts/links.ts'

type ReleaseProps = { release: Release; onClose: () => void; onDeleted: () => void }

export function DeleteRelease({ release: { name, artifacts }, onClose, onDeleted }: ReleaseProps) {
  const size = artifacts.reduce((sum, artifact) => sum + artifact.size, 0)
  return (
    <DeleteDialog
      title={`Delete ${name}?`}
      action="Delete release"
      remove={() => deleteReleases([name])}
      {...{ onClose, onDeleted }}
    >
      {counted(artifacts.length, 'artifact')} ({bytes(size)} in total) will be permanently deleted. Devices that run
      this release keep running it, and finished deployments remain listed.
    </DeleteDialog>
  )
}

type ArtifactProps = { artifact: Artifact; isOnly: boolean; onClose: () => void }

export function DeleteArtifact({ artifact, isOnly, onClose }: ArtifactProps) {
  const [, go] = useLocation()
  return (
    <DeleteDialog
      title="Delete artifact?"
      action="Delete artifact"
      remove={() => deleteArtifact(artifact.id)}
      onClose={onClose}
      onDeleted={() => isOnly && go('/releases', { replace: true })}
    >
      The artifact of {artifact.name} for {artifact.device_types_compatible.join(', ')} ({bytes(artifact.size)}) will be
      permanently deleted. {isOnly && 'It is the only artifact, so the release is deleted too. '}Devices that run it
      keep running it.
    </DeleteDialog>
  )
}

type Props = {
  title: string
  action: string
  remove: () => Promise<void>
  onClose: () => void
  onDeleted: () => void
  children: ReactNode
}

function DeleteDialog({ title, action, remove, onClose, onDeleted, children }: Props) {
  const queries = useQueryClient()
  const [users, setUsers] = useState<string[]>()
  const confirm = async () => {
    try {
      await remove()
    } catch (error) {
      setUsers(inUseBy(error))
      throw error
    }
    onDeleted()
    void releasesChanged(queries)
  }
  return (
    <Confirm {...{ title, action, onClose }} onConfirm={confirm}>
      <Text size="sm">{children}</Text>
      {users && <InUse ids={users} />}
    </Confirm>
  )
}

/** The deployments that must finish first. */
function InUse({ ids }: { ids: string[] }) {
  const may = useMay()
  return (
    <div>
      <Text size="sm" fw={500}>
        In use by {counted(ids.length, 'unfinished deployment')}. Delete again once{' '}
        {ids.length === 1 ? 'it has' : 'they have'} finished or been aborted:
      </Text>
      {may('read_deployments') && <Deployments ids={ids} />}
    </div>
  )
}

const MAX_SHOWN = 10

function Deployments({ ids }: { ids: string[] }) {
  const shown = ids.slice(0, MAX_SHOWN)
  const named = useDeploymentsNamed(shown)
  const nameOf = (id: string) => named.data?.find((deployment) => deployment.id === id)?.name ?? id
  return (
    <List size="sm" mt="xs">
      {shown.map((id) => (
        <List.Item key={id}>
          <Anchor component={Link} href={deploymentPage(id)}>
            {nameOf(id)}
          </Anchor>
        </List.Item>
      ))}
      {ids.length > MAX_SHOWN && <List.Item>and {counted(ids.length - MAX_SHOWN, 'more deployment')}</List.Item>}
    </List>
  )
}
