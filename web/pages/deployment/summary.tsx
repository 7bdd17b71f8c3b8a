import { Anchor, Title } from '@mantine/core'
import { Link } from 'wouter'
import { bytes, counted, whole } from '../../../src/texts/numbers.ts'
import { ruleSentences } from '../../../src/texts/rollouts.ts'
import { termText } from '../../../src/texts/terms.ts'
import { type Deployment, useDeployment } from '../../api/deployments.ts'
import { useMay } from '../../api/session.ts'
import { Copyable } from '../../parts/copyable.tsx'
import { attemptsText, startOf, targetText } from '../../parts/deployment-text.ts'
import { Facts } from '../../parts/facts.tsx'
import { deploymentPage } from '../../parts/links.ts'
import { recipeTitle } from '../../parts/rollout/recipe-title.ts'
import { Time } from '../../parts/time.tsx'

/** The parameters of the deployment, which never change. */
export function Summary({ deployment }: { deployment: Deployment }) {
  const { artifact_name, created, finished, retries, max_devices, dynamic, statistics } = deployment
  const { recipe, rollback_of, rolled_back_by } = deployment
  const rules = sentencesOf(deployment)
  const may = useMay()
  const isRelease = deployment.type === 'software'
  const release = may('read_releases') ? (
    <Anchor component={Link} href={`/releases/${encodeURIComponent(artifact_name)}`}>
      {artifact_name}
    </Anchor>
  ) : (
    artifact_name
  )
  const start = startOf(deployment)
  return (
    <section className="card" aria-labelledby="summary-heading">
      <Title order={2} id="summary-heading" mb="sm">
        Details
      </Title>
      <Facts
        of={[
          isRelease ? ['Release', release] : ['Installs', 'the configuration of a device, as of creation'],
          ['Target devices', <Target key="target" deployment={deployment} />],
          ['Created', <Created key="created" deployment={deployment} />],
          ['Starts', start > created ? <Time key="start" at={start} /> : undefined],
          ['Finished', finished ? <Time key="finished" at={finished} /> : undefined],
          ['Attempts', `${attemptsText(retries + 1)} per device`],
          ['Recipe', recipe && recipeTitle(recipe)],
          ['Rolls back', rollback_of && <DeploymentLink key="of" id={rollback_of} />],
          ['Rolled back by', rolled_back_by && <DeploymentLink key="by" id={rolled_back_by} />],
          ['Device limit', dynamic ? (max_devices ? stopsAfter(max_devices) : 'none: runs until aborted') : undefined],
          ['Force installation', deployment.force_installation ? 'also on devices that run the release' : undefined],
          ['Total download size', bytes(statistics.total_size)],
          ['ID', <Copyable key="id" text={deployment.id} what="ID" />],
        ]}
      />
      {rules.length > 0 && <Rules of={rules} />}
    </section>
  )
}

function Created({ deployment: { created, created_by } }: { deployment: Deployment }) {
  const name = created_by?.email ?? (created_by?.id === 'failure-policy' ? 'the failure policy' : undefined)
  return (
    <>
      <Time at={created} />
      {name && ` by ${name}`}
    </>
  )
}

/** The rules of the rollout, except the gates: those are shown with the phases. */
const sentencesOf = ({ phases, exclude, ...rules }: Deployment): string[] =>
  ruleSentences({ ...rules, ...(exclude && { exclude }), phases: (phases ?? []).map(() => ({})) })

const Rules = ({ of }: { of: readonly string[] }) => (
  <>
    <Title order={3} size="sm" mt="md" mb="xs">
      Rules
    </Title>
    <ul className="sentences">
      {of.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  </>
)

function DeploymentLink({ id }: { id: string }) {
  const { data } = useDeployment(id)
  return (
    <Anchor component={Link} href={deploymentPage(id)}>
      {data?.name ?? id}
    </Anchor>
  )
}

const stopsAfter = (max_devices: number): string => `stops after ${counted(max_devices, 'device')}`

function Target({ deployment }: { deployment: Deployment }) {
  const { dynamic, filter, initial_device_count } = deployment
  if (!dynamic || !filter) return <>{targetText(deployment)}, as of creation</>
  return (
    <>
      Devices matching <b>{filter.name}</b>, now or later:{' '}
      {filter.terms.map(termText).join(' and ') || 'all accepted devices'}. {whole(initial_device_count)} matched at
      creation.
    </>
  )
}
