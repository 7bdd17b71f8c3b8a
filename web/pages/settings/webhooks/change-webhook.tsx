import { Select } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { changeWebhook, type Format, type Integration, useWebhooksChanged } from '../../../api/webhooks.ts'
import { FormDialog } from '../../../parts/form.tsx'
import { nameOf } from './events.ts'
import { DescriptionField, EventsField } from './fields.tsx'
import { webhookErrors } from './webhook-errors.ts'

const FORMATS = [
  { value: 'json', label: 'JSON, for programs' },
  { value: 'slack', label: 'Text, for Slack, Mattermost or Rocket.Chat' },
]

/** What a webhook is for, and what it is sent. */
export function ChangeWebhook({ webhook, onClose }: { webhook: Integration; onClose: () => void }) {
  const [description, setDescription] = useState(webhook.description)
  const [format, setFormat] = useState(webhook.format)
  const [events, setEvents] = useState(webhook.events ?? [])
  const onChanged = useWebhooksChanged()
  const save = useMutation({
    mutationFn: () =>
      changeWebhook(webhook.id, {
        ...{ description: description.trim(), format, events: events.length > 0 ? events : null },
      }),
    onSuccess: () => onChanged().then(onClose),
  })
  const errors = webhookErrors(save.error)
  return (
    <FormDialog
      onClose={onClose}
      title={`Change ${nameOf(webhook)}`}
      action="Save"
      problem={errors.form}
      is_pending={save.isPending}
      onSubmit={save.mutate}
    >
      <DescriptionField value={description} onChange={setDescription} />
      {format !== 'email' && (
        <Select
          label="Send"
          data={FORMATS}
          value={format}
          error={errors.format}
          allowDeselect={false}
          onChange={(chosen) => setFormat(chosen as Format)}
        />
      )}
      <EventsField format={format} value={events} error={errors.events} onChange={setEvents} />
    </FormDialog>
  )
}
