import { counted } from '../../../src/texts/numbers.ts'
import { type Term, useDeviceSearch } from '../../api/filters.ts'
import { useMay } from '../../api/session.ts'
import { runs } from '../links.ts'
import { DeployMatching } from './deploy-matching.tsx'

const ACCEPTED: Term = { scope: 'identity', attribute: 'status', type: '$eq', value: 'accepted' }

/** Opens the form for a new deployment to the devices that run a release, of the one before it, for example. */
export function ReplaceRelease({ name }: { name: string }) {
  const may = useMay()
  const enabled = may('deployments') && may('read_devices')
  const { data } = useDeviceSearch({ filters: [ACCEPTED, runs(name)], per_page: 1 }, { enabled })
  if (!enabled || !data) return null
  return (
    <DeployMatching
      terms={[runs(name)]}
      text=""
      page={[]}
      total={data.total}
      label={`Replace on ${counted(data.total, 'device')}`}
    />
  )
}
