import { Button, Stack, Text, Title } from '@mantine/core'
import { IconRocket, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import './releases/releases.css'
import { Link, useLocation } from 'wouter'
import { counted } from '../../src/texts/numbers.ts'
import { useRemembered } from '../api/recent.ts'
import { type Release as Found, useRelease } from '../api/releases.ts'
import { useMay } from '../api/session.ts'
import { ReplaceRelease } from '../parts/deploy/replace-release.tsx'
import { DIALECT_NAMES, dialectsOf } from '../parts/dialects.ts'
import { Facts } from '../parts/facts.tsx'
import { deployRelease, releasePage } from '../parts/links.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { Time } from '../parts/time.tsx'
import { ArtifactCard } from './release/artifact-card.tsx'
import { DeleteRelease } from './release/delete.tsx'
import { Notes } from './release/notes.tsx'
import { Tags } from './release/tags.tsx'
import { WhereItRuns } from './release/where-it-runs.tsx'

/** A release with its artifacts, tags and notes. */
export default function Release({ name }: { name: string }) {
  const may = useMay()
  const release = useRelease(name)
  const [, go] = useLocation()
  useRemembered('release', releasePage(name), release.data?.name)
  const [isDeleting, setDeleting] = useState(false)
  return (
    <Page
      title={name}
      kind="Releases"
      actions={
        release.data && (
          <>
            {may('artifacts') && (
              <Button
                variant="default"
                leftSection={<IconTrash size={16} aria-hidden />}
                onClick={() => setDeleting(true)}
              >
                Delete
              </Button>
            )}
            <ReplaceRelease name={name} />
            {may('deployments') && (
              <Button component={Link} href={deployRelease(name)} leftSection={<IconRocket size={16} aria-hidden />}>
                Deploy this release
              </Button>
            )}
          </>
        )
      }
    >
      <Loaded query={release}>{(found) => <Details release={found} />}</Loaded>
      {isDeleting && release.data && (
        <DeleteRelease
          release={release.data}
          onClose={() => setDeleting(false)}
          onDeleted={() => go('/releases', { replace: true })}
        />
      )}
    </Page>
  )
}

function Details({ release }: { release: Found }) {
  const { artifacts, artifacts_count, modified } = release
  const dialects = dialectsOf(artifacts)
  const may = useMay()
  return (
    <div className="release">
      <Stack gap="md">
        <section className="card" aria-label="About this release">
          <Stack gap="md">
            <Text size="sm" c="dimmed">
              {counted(artifacts_count, 'artifact')}, modified <Time at={modified} />
            </Text>
            {dialects.length > 1 && <TypesByDialect artifacts={artifacts} />}
            <Tags name={release.name} tags={release.tags} />
            <Notes name={release.name} notes={release.notes} />
          </Stack>
        </section>
        {may('read_devices') && <WhereItRuns name={release.name} />}
      </Stack>
      <Stack gap="sm">
        <Title order={2}>Artifacts</Title>
        <div className="cards artifacts">
          {artifacts.map((artifact) => (
            <ArtifactCard
              key={artifact.id}
              artifact={artifact}
              isOnly={artifacts_count === 1}
              showsDialect={dialects.includes('ddi')}
            />
          ))}
        </div>
      </Stack>
    </div>
  )
}

/** The device types for which the release has an artifact, in each protocol. */
const TypesByDialect = ({ artifacts }: Pick<Found, 'artifacts'>) => (
  <Facts
    of={dialectsOf(artifacts).map((dialect) => [
      `${DIALECT_NAMES[dialect]} devices`,
      [
        ...new Set(artifacts.filter((one) => one.dialect === dialect).flatMap((one) => one.device_types_compatible)),
      ].join(', '),
    ])}
  />
)
