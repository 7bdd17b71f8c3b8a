import { Button, Group, Stack, Text } from '@mantine/core'
import { IconPlus, IconWebhook } from '@tabler/icons-react'
import { useState } from 'react'
import {
  deleteWebhook,
  type Integration,
  useWebhooks,
  useWebhooksChanged,
  WEBHOOKS_EXPORT,
} from '../../api/webhooks.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ExportCsv } from '../../parts/export-csv.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { Deliveries } from './webhooks/deliveries.tsx'
import { NewWebhook } from './webhooks/new-webhook.tsx'

/** The other systems that are sent what happens. */
export function Webhooks() {
  const webhooks = useWebhooks()
  const [creating, setCreating] = useState(false)
  const [deleting, setDeleting] = useState<Integration>()
  const [shown, setShown] = useState<string>()
  const onChanged = useWebhooksChanged()
  const selected = webhooks.data?.find(({ id }) => id === shown)
  return (
    <div className="cards wide-cards">
      <Section
        title="Webhooks"
        about="A webhook is sent what happens to devices and deployments, as signed JSON. What cannot be delivered is sent again for a day."
        actions={
          <Group gap="xs">
            {webhooks.data && webhooks.data.length > 0 && <ExportCsv path={WEBHOOKS_EXPORT} />}
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
              Create webhook
            </Button>
          </Group>
        }
      >
        <Loaded query={webhooks} lines={2}>
          {(all) =>
            all.length === 0 ? (
              <Empty icon={IconWebhook} title="No webhooks">
                Create one to be notified by a chat, a ticket system or a pipeline.
              </Empty>
            ) : (
              <ul className="rows">
                {all.map((webhook) => (
                  <Row
                    key={webhook.id}
                    webhook={webhook}
                    isShown={webhook.id === shown}
                    onShow={() => setShown(webhook.id === shown ? undefined : webhook.id)}
                    onDelete={() => setDeleting(webhook)}
                  />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Section>
      {selected && <Deliveries key={selected.id} webhook={selected} />}
      {creating && <NewWebhook onClose={() => setCreating(false)} />}
      {deleting && (
        <Confirm
          title={`Delete the webhook ${nameOf(deleting)}?`}
          action="Delete webhook"
          onConfirm={() => deleteWebhook(deleting.id).then(onChanged)}
          onClose={() => setDeleting(undefined)}
        >
          <Text size="sm">What waits to be sent to it is not sent. This cannot be undone.</Text>
        </Confirm>
      )}
    </div>
  )
}

/** The description, or the part of the address that has no password. */
const nameOf = ({ description, credentials }: Integration) => description || new URL(credentials.http.url).host

type RowProps = { webhook: Integration; isShown: boolean; onShow: () => void; onDelete: () => void }

const Row = ({ webhook, isShown, onShow, onDelete }: RowProps) => (
  <Group component="li" justify="space-between" gap="sm">
    <Stack gap="3xs" flex="1 1 14rem" miw={0}>
      <Text fw={600}>{nameOf(webhook)}</Text>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {webhook.credentials.http.url} · {webhook.credentials.http.secret === undefined ? 'not signed' : 'signed'}
      </Text>
    </Stack>
    <Group gap="2xs">
      <Button
        variant="subtle"
        size="sm"
        aria-expanded={isShown}
        aria-label={`${isShown ? 'Hide' : 'Show'} deliveries to ${nameOf(webhook)}`}
        onClick={onShow}
      >
        {isShown ? 'Hide deliveries' : 'Show deliveries'}
      </Button>
      <Button variant="subtle" color="red" size="sm" aria-label={`Delete ${nameOf(webhook)}`} onClick={onDelete}>
        Delete
      </Button>
    </Group>
  </Group>
)
