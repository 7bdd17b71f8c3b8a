import { Button, Group, Text } from '@mantine/core'
import { IconPlus, IconWebhook } from '@tabler/icons-react'
import { useState } from 'react'
import { useShown } from '../../api/use-shown.ts'
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
import { ListRow, RowAction, RowLine } from '../../parts/list-row.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Ago } from '../../parts/time.tsx'
import { ChangeWebhook } from './webhooks/change-webhook.tsx'
import { Deliveries } from './webhooks/deliveries.tsx'
import { eventsText, FORMAT_LABELS, nameOf, recipientsOf } from './webhooks/events.ts'
import { NewWebhook } from './webhooks/new-webhook.tsx'
import { ReplaceCredentials } from './webhooks/replace-credentials.tsx'

type Dialog = { kind: 'create' } | { kind: 'change' | 'replace' | 'delete'; webhook: Integration }

/** The other systems that are sent what happens. */
export function Webhooks() {
  const webhooks = useWebhooks()
  const [dialog, setDialog] = useState<Dialog>()
  const { shown, toggle } = useShown()
  const selected = webhooks.data?.find(({ id }) => id === shown)
  return (
    <div className="cards wide-cards">
      <Section
        title="Webhooks"
        about="A webhook is sent what happens to devices and deployments: as signed JSON, as a text for a chat, or by e-mail. What cannot be delivered is sent again for a day."
        actions={
          <Group gap="xs">
            {webhooks.data && webhooks.data.length > 0 && <ExportCsv path={WEBHOOKS_EXPORT} />}
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setDialog({ kind: 'create' })}>
              Create webhook
            </Button>
          </Group>
        }
      >
        <Loaded query={webhooks} lines={2}>
          {(all) =>
            all.length === 0 ? (
              <Empty icon={IconWebhook} title="No webhooks">
                Create one to be notified by a chat, an e-mail, a ticket system or a pipeline.
              </Empty>
            ) : (
              <ul className="rows">
                {all.map((webhook) => (
                  <Row
                    key={webhook.id}
                    webhook={webhook}
                    isShown={webhook.id === shown}
                    onShow={() => toggle(webhook.id)}
                    onOpen={setDialog}
                  />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Section>
      {selected && <Deliveries key={selected.id} webhook={selected} />}
      {dialog && <Opened dialog={dialog} onClose={() => setDialog(undefined)} />}
    </div>
  )
}

function Opened({ dialog, onClose }: { dialog: Dialog; onClose: () => void }) {
  const onChanged = useWebhooksChanged()
  if (dialog.kind === 'create') return <NewWebhook onClose={onClose} />
  const { kind, webhook } = dialog
  if (kind === 'change') return <ChangeWebhook webhook={webhook} onClose={onClose} />
  if (kind === 'replace') return <ReplaceCredentials webhook={webhook} onClose={onClose} />
  return (
    <Confirm
      title={`Delete the webhook ${nameOf(webhook)}?`}
      action="Delete webhook"
      onConfirm={() => deleteWebhook(webhook.id).then(onChanged)}
      onClose={onClose}
    >
      <Text size="sm">What waits to be sent to it is not sent. This cannot be undone.</Text>
    </Confirm>
  )
}

type RowProps = {
  webhook: Integration
  isShown: boolean
  onShow: () => void
  onOpen: (dialog: Dialog) => void
}

const Row = ({ webhook, isShown, onShow, onOpen }: RowProps) => (
  <ListRow
    title={nameOf(webhook)}
    chips={webhook.failing_since && <StatusChip statusStyle={FAILING} status="failing" />}
    actions={
      <>
        <RowAction
          label={`${isShown ? 'Hide' : 'Show'} deliveries to ${nameOf(webhook)}`}
          aria-expanded={isShown}
          onClick={onShow}
        >
          {isShown ? 'Hide deliveries' : 'Show deliveries'}
        </RowAction>
        <RowAction label={`Change ${nameOf(webhook)}`} onClick={() => onOpen({ kind: 'change', webhook })}>
          Change
        </RowAction>
        <RowAction label={`Replace address of ${nameOf(webhook)}`} onClick={() => onOpen({ kind: 'replace', webhook })}>
          Replace address
        </RowAction>
        <RowAction label={`Delete ${nameOf(webhook)}`} isDanger onClick={() => onOpen({ kind: 'delete', webhook })}>
          Delete
        </RowAction>
      </>
    }
  >
    <RowLine>{targetText(webhook)}</RowLine>
    <RowLine>
      {eventsText(webhook)}
      {webhook.failing_since && (
        <>
          {' · failing since '}
          <Ago at={webhook.failing_since} />
        </>
      )}
    </RowLine>
  </ListRow>
)

const FAILING = { label: 'Failing', color: 'red', description: 'does not accept what it is sent' }

function targetText({ format, credentials: { http } }: Integration): string {
  if (format === 'email') return `${FORMAT_LABELS.email} · ${recipientsOf(http.url)}`
  const signed = http.secret === undefined ? 'not signed' : 'signed'
  return format === 'slack' ? `${http.url} · ${FORMAT_LABELS.slack}` : `${http.url} · ${signed}`
}
