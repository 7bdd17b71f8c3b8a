import { Anchor, Title } from '@mantine/core'
import { Link } from 'wouter'
import { bytes, counted, whole } from '../../../src/texts/numbers.ts'
import { termText } from '../../../src/texts/terms.ts'
import type { Deployment } from '../../api/deployments.ts'
import { useMay } from '../../api/session.ts'
import { attemptsText, startOf, targetText } from '../../parts/deployment-text.ts'
import { Facts } from '../../parts/facts.tsx'
import { Time } from '../../parts/time.tsx'

/** The parameters of the deployment, which never change. */
export function Summary({ deployment }: { deployment: Deployment }) {
  const { artifact_name, created, finished, retries, max_devices, dynamic, statistics } = deployment
  const may = useMay()
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
          ['Release', release],
          ['Target devices', <Target key="target" deployment={deployment} />],
          ['Created', <Time key="created" at={created} />],
          ['Starts', start > created ? <Time key="start" at={start} /> : undefined],
          ['Finished', finished ? <Time key="finished" at={finished} /> : undefined],
          ['Attempts', `${attemptsText(retries + 1)} per device`],
          ['Device limit', dynamic ? (max_devices ? stopsAfter(max_devices) : 'none: runs until aborted') : undefined],
          ['Force installation', deployment.force_installation ? 'also on devices that run the release' : undefined],
          ['Total download size', bytes(statistics.total_size)],
          ['ID', <code key="id">{deployment.id}</code>],
        ]}
      />
    </section>
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
