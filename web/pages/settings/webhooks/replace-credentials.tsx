import { Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { type Integration, replaceCredentials, useWebhooksChanged } from '../../../api/webhooks.ts'
import { FormDialog } from '../../../parts/form.tsx'
import { nameOf, recipientsOf, toMailAddress } from './events.ts'
import { RecipientsField, randomSecret, SecretField, UrlField } from './fields.tsx'
import { webhookErrors } from './webhook-errors.ts'

/** Where a webhook is sent events, and the key of the signatures, which cannot be read. */
export function ReplaceCredentials({ webhook, onClose }: { webhook: Integration; onClose: () => void }) {
  const { http } = webhook.credentials
  const recipients = recipientsOf(http.url)
  const [target, setTarget] = useState(recipients ?? http.url)
  const [secret, setSecret] = useState(() => (http.secret === undefined ? '' : randomSecret()))
  const onChanged = useWebhooksChanged()
  const isMail = recipients !== undefined
  const replace = useMutation({
    mutationFn: () => replaceCredentials(webhook.id, { url: isMail ? toMailAddress(target) : target, secret }),
    onSuccess: () => onChanged().then(onClose),
  })
  const errors = webhookErrors(replace.error)
  const Target = isMail ? RecipientsField : UrlField
  return (
    <FormDialog
      onClose={onClose}
      title={`Replace address of ${nameOf(webhook)}`}
      action="Replace"
      problem={errors.form}
      is_pending={replace.isPending}
      onSubmit={replace.mutate}
    >
      <Text size="sm">Applies from the next attempt on, also to events that wait.</Text>
      <Target value={target} error={errors.url} onChange={setTarget} />
      {!isMail && <SecretField value={secret} error={errors.secret} onChange={setSecret} />}
    </FormDialog>
  )
}
