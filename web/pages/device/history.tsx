import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { contentText } from '../../../src/texts/contents.ts'
import { DEVICE_STATUS_STYLES } from '../../../src/texts/statuses.ts'
import { historyExport, type PastDeployment, useDeviceLog, useHistory } from '../../api/devices.ts'
import { ExportCsv } from '../../parts/export-csv.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Pager, type PageState } from '../../parts/pager.tsx'
import { Section } from '../../parts/section.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Time } from '../../parts/time.tsx'

/** The deployments that were assigned to the device, and their results. */
export function History({ id }: { id: string }) {
  const [page, setPage] = useState<PageState>({ page: 1, per_page: 20 })
  const history = useHistory(id, page)
  return (
    <Section
      title="Deployment history"
      actions={history.data && history.data.total > 0 && <ExportCsv path={historyExport(id)} size="xs" />}
    >
      <Loaded query={history} lines={3}>
        {({ rows, total }) =>
          total === 0 ? (
            <Text size="sm" c="dimmed">
              No deployments yet. A deployment is assigned when the device polls for updates and is one of its target
              devices.
            </Text>
          ) : (
            <>
              <Stack gap="md" component="ul" className="unstyled-list">
                {rows.map((one) => (
                  <li key={one.id}>
                    <HistoryItem device_id={id} past={one} />
                  </li>
                ))}
              </Stack>
              {total > page.per_page && <Pager {...page} total={total} isFixed onChange={setPage} />}
            </>
          )
        }
      </Loaded>
    </Section>
  )
}

function HistoryItem({ device_id, past: { deployment, device } }: { device_id: string; past: PastDeployment }) {
  const [shown, setShown] = useState(false)
  const retried = device.retries > 0 ? `attempt ${device.attempts} of ${device.retries + 1}` : undefined
  return (
    <Stack gap="2xs">
      <Group justify="space-between" gap="xs">
        <Anchor
          component={Link}
          href={`/deployments/${encodeURIComponent(deployment.id)}`}
          fw={550}
          className="break-anywhere"
        >
          {deployment.name}
        </Anchor>
        <StatusChip statusStyle={DEVICE_STATUS_STYLES[device.status]} status={device.status} />
      </Group>
      <Text size="sm" c="dimmed" component="div">
        <span className="break-anywhere">{contentText(deployment)}</span>
        {[retried, device.substate].filter(Boolean).map((text) => ` · ${text}`)}
        {' · '}
        {device.finished ? (
          <>
            finished <Time at={device.finished} />
          </>
        ) : (
          <>
            assigned <Time at={device.created} />
          </>
        )}
      </Text>
      {device.log && (
        <div>
          <Button size="compact-xs" variant="default" aria-expanded={shown} onClick={() => setShown(!shown)}>
            {shown ? 'Hide log' : 'Show log'}
          </Button>
        </div>
      )}
      {shown && <Log device_id={device_id} deployment_id={deployment.id} />}
    </Stack>
  )
}

/** The log of the device in a deployment. */
export function Log(ids: { device_id: string; deployment_id: string }) {
  const log = useDeviceLog(ids.device_id, ids.deployment_id)
  return (
    <Loaded query={log} lines={3}>
      {(text) => (
        <section className="log mono" aria-label="Log">
          {text}
        </section>
      )}
    </Loaded>
  )
}
