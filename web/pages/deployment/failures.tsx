import { Anchor, Button, Group, Text, Title } from '@mantine/core'
import { Link } from 'wouter'
import { counted, whole } from '../../../src/texts/numbers.ts'
import { type Deployment, type FailureGroup, useFailures } from '../../api/deployments.ts'
import { useDeviceNames } from '../../api/targets.ts'
import { useQueryState } from '../../api/use-query-state.ts'
import { devicePage } from '../../parts/links.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { failedOf } from './numbers.ts'

/** Why devices failed, if any did. Each reason filters the table below. */
export function Failures({ deployment }: { deployment: Deployment }) {
  const failed = failedOf(deployment)
  const query = useFailures(deployment.id, failed)
  if (failed === 0) return null
  return (
    <section aria-labelledby="failures-heading" className="failures">
      <Title order={3} size="sm" id="failures-heading" mb="xs">
        Why devices failed
      </Title>
      <Loaded query={query} lines={2}>
        {(groups) => <Groups of={groups} />}
      </Loaded>
    </section>
  )
}

function Groups({ of }: { of: readonly FailureGroup[] }) {
  const names = useDeviceNames(of.map(({ device_id }) => device_id))
  return (
    <ul>
      {of.map((group) => (
        <Item key={`${group.kind} ${group.reason}`} group={group} name={names.data?.get(group.device_id)} />
      ))}
    </ul>
  )
}

function Item({ group, name }: { group: FailureGroup; name: string | undefined }) {
  const [params, change] = useQueryState()
  const filter = filterOf(group)
  const isChosen =
    (params.get('reason') ?? '') === filter.reason && (params.get('status') ?? '') === filter.status && filter.isFilter
  const { kind, reason, count, device_id, by } = group
  const text = kind === 'log' ? reason : TEXTS[kind]
  return (
    <li>
      <b className="numbers">{whole(count)}</b>
      <div>
        <Text size="sm" className="break-anywhere">
          {text}
        </Text>
        <Text size="xs" c="dimmed" className="break-anywhere">
          {by.slice(0, MAX_KINDS).map(kindText).join('; ')}
          {by.length > MAX_KINDS && `; ${counted(by.length - MAX_KINDS, 'other combination')}`}
        </Text>
      </div>
      <Group gap="xs" wrap="nowrap">
        {filter.isFilter && (
          <Button
            size="compact-sm"
            variant={isChosen ? 'light' : 'subtle'}
            aria-pressed={isChosen}
            aria-label={`Show devices: ${text}`}
            onClick={() =>
              change(
                isChosen
                  ? { reason: '', status: '', page: '' }
                  : { reason: filter.reason, status: filter.status, page: '' },
              )
            }
          >
            Show devices
          </Button>
        )}
        <Anchor component={Link} href={devicePage(device_id)} size="sm" className="break-anywhere">
          {name ?? 'One of them'}
        </Anchor>
      </Group>
    </li>
  )
}

const MAX_KINDS = 3

const TEXTS: Record<FailureGroup['kind'], string> = {
  log: '',
  no_error: 'Their logs have no error.',
  no_log: 'They sent no log.',
  timed_out: 'They did not end in time.',
  not_confirmed: 'They succeeded, but did not confirm it in time.',
}

function filterOf({ kind, reason = '' }: FailureGroup) {
  if (kind === 'log') return { isFilter: true, reason, status: '' }
  if (kind === 'timed_out') return { isFilter: true, reason: '', status: 'timed_out' }
  if (kind === 'not_confirmed') return { isFilter: true, reason: '', status: 'unconfirmed' }
  return { isFilter: false, reason: '', status: '' }
}

/** `11 gateway running os-1.0` */
const kindText = ({ count, device_type, artifact_name }: FailureGroup['by'][number]): string =>
  `${whole(count)} ${device_type ?? 'of an unknown type'}${artifact_name ? ` running ${artifact_name}` : ''}`
