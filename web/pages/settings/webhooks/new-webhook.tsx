import { Select } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { createWebhook, type NewWebhook as Entered, type Format, useWebhooksChanged } from '../../../api/webhooks.ts'
import { FormDialog } from '../../../parts/form.tsx'
import { eventChoices, toMailAddress } from './events.ts'
import { DescriptionField, EventsField, RecipientsField, randomSecret, SecretField, UrlField } from './fields.tsx'
import { webhookErrors } from './webhook-errors.ts'

const FORMATS = [
  { value: 'json', label: 'Signed JSON, for programs' },
  { value: 'slack', label: 'Text, for Slack, Mattermost or Rocket.Chat' },
  { value: 'email', label: 'E-mail' },
]

/** `recipients`: of e-mails, in place of the URL. */
type Draft = Entered & { recipients: string }

const emptyDraft = (): Draft => ({
  ...{ url: '', recipients: '', description: '', format: 'json', events: [], secret: randomSecret() },
})

/** Chats verify no signatures. */
const toWebhook = ({ recipients, ...draft }: Draft): Entered => ({
  ...draft,
  ...{ description: draft.description.trim(), secret: draft.format === 'json' ? draft.secret : '' },
  url: draft.format === 'email' ? toMailAddress(recipients) : draft.url,
})

export function NewWebhook({ onClose }: { onClose: () => void }) {
  const [draft, setDraft] = useState(emptyDraft)
  const enter = (change: Partial<Draft>) => setDraft({ ...draft, ...change })
  const onChanged = useWebhooksChanged()
  const create = useMutation({
    mutationFn: () => createWebhook(toWebhook(draft)),
    onSuccess: () => onChanged().then(onClose),
  })
  const errors = webhookErrors(create.error)
  const chooseFormat = (format: Format) => {
    const possible = eventChoices(format).map(({ value }) => value)
    enter({ format, events: draft.events.filter((type) => possible.includes(type)) })
  }
  return (
    <FormDialog
      onClose={onClose}
      title="Create webhook"
      action="Create"
      problem={errors.form}
      is_pending={create.isPending}
      onSubmit={create.mutate}
    >
      <Select
        label="Send"
        data={FORMATS}
        value={draft.format}
        error={errors.format}
        allowDeselect={false}
        onChange={(format) => chooseFormat(format as Format)}
      />
      {draft.format === 'email' ? (
        <RecipientsField value={draft.recipients} error={errors.url} onChange={(recipients) => enter({ recipients })} />
      ) : (
        <UrlField value={draft.url} error={errors.url} onChange={(url) => enter({ url })} />
      )}
      <DescriptionField value={draft.description} onChange={(description) => enter({ description })} />
      <EventsField
        format={draft.format}
        value={draft.events}
        error={errors.events}
        onChange={(events) => enter({ events })}
      />
      {draft.format === 'json' && (
        <SecretField value={draft.secret} error={errors.secret} onChange={(secret) => enter({ secret })} />
      )}
    </FormDialog>
  )
}
