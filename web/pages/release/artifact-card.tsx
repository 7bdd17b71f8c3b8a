import { Badge, Button, Group, Stack, Title } from '@mantine/core'
import { IconDownload, IconTrash } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { bytes, whole } from '../../../src/texts/numbers.ts'
import { type Artifact, downloadLink } from '../../api/releases.ts'
import { useMay } from '../../api/session.ts'
import { Copyable } from '../../parts/copyable.tsx'
import { DialectChip } from '../../parts/dialect-chip.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Time } from '../../parts/time.tsx'
import { DeleteArtifact } from './delete.tsx'
import { Description } from './description.tsx'
import { Payloads } from './payloads.tsx'

type Props = {
  artifact: Artifact
  isOnly: boolean
  /** The release has artifacts for DDI. */
  showsDialect: boolean
}

/** An artifact: its device types, payloads, dependencies and provides. */
export function ArtifactCard({ artifact, isOnly, showsDialect }: Props) {
  const { id, dialect, device_types_compatible, signed, size, modified, info } = artifact
  const may = useMay()
  const [isDeleting, setDeleting] = useState(false)
  const download = useMutation({
    mutationFn: () => downloadLink(id),
    onSuccess: (uri) => location.assign(uri),
  })
  const types = device_types_compatible.join(', ')
  return (
    <article className="card" aria-label={`Artifact for ${types}`}>
      <Stack gap="md">
        <Group justify="space-between" gap="sm">
          <Group gap="sm">
            <Title order={3} size="h4" className="break-anywhere">
              {types}
            </Title>
            {showsDialect && <DialectChip dialect={dialect} />}
            {(signed || dialect === 'mender') && (
              <Badge variant="dot" color={signed ? 'teal' : 'gray'} tt="none">
                {signed ? 'Signed' : 'Not signed'}
              </Badge>
            )}
          </Group>
          <Group gap="xs">
            {may('artifacts') && (
              <Button
                variant="default"
                size="xs"
                leftSection={<IconTrash size={16} aria-hidden />}
                onClick={() => setDeleting(true)}
              >
                Delete artifact
              </Button>
            )}
            {may('download') && (
              <Button
                variant="light"
                size="xs"
                leftSection={<IconDownload size={16} aria-hidden />}
                loading={download.isPending}
                onClick={() => download.mutate()}
              >
                Download
              </Button>
            )}
          </Group>
        </Group>
        {download.error && <Failure error={download.error} />}
        <Description artifact={artifact} />
        <div className="artifact">
          <Facts
            of={[
              [
                'Size',
                <span key="size" className="numbers" title={`${whole(size)} bytes`}>
                  {bytes(size)}
                </span>,
              ],
              ['Modified', <Time key="modified" at={modified} />],
              ['Format', FORMATS[info.format] ?? `${info.format}, version ${info.version}`],
              ['ID', <Copyable key="id" text={id} what="ID" />],
              ['Depends on', <Pairs key="depends" of={artifact.artifact_depends} />],
              ['Provides', <Pairs key="provides" of={artifact.artifact_provides} />],
              ['Clears', artifact.clears_artifact_provides.join(', ') || undefined],
            ]}
          />
          <Payloads updates={artifact.updates} isMender={dialect === 'mender'} />
        </div>
      </Stack>
      {isDeleting && <DeleteArtifact {...{ artifact, isOnly }} onClose={() => setDeleting(false)} />}
    </article>
  )
}

/** The formats of files for DDI, which have no version. */
const FORMATS: Readonly<Record<string, string>> = {
  swu: 'SWUpdate image',
  raucb: 'RAUC bundle',
  file: 'plain file',
}

function Pairs({ of }: { of: Record<string, string | string[]> }) {
  const pairs = Object.entries(of)
  if (pairs.length === 0) return 'nothing'
  return (
    <Stack gap="3xs" component="span">
      {pairs.map(([name, value]) => (
        <span key={name} className="mono">
          {name}: {[value].flat().join(', ')}
        </span>
      ))}
    </Stack>
  )
}
