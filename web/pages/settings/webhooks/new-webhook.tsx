import { Modal, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../../../api/http.ts'
import { createWebhook, useWebhooksChanged } from '../../../api/webhooks.ts'
import { Form } from '../../../parts/form.tsx'

const SECRET_BYTES = 32

function randomSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function NewWebhook({ onClose }: { onClose: () => void }) {
  const [url, setUrl] = useState('')
  const [description, setDescription] = useState('')
  const [secret, setSecret] = useState(randomSecret)
  const onChanged = useWebhooksChanged()
  const create = useMutation({
    mutationFn: () => createWebhook({ url: url.trim(), secret: secret.trim(), description: description.trim() }),
    onSuccess: () => onChanged().then(onClose),
  })
  const errors = errorsOf(create.error)
  return (
    <Modal opened onClose={onClose} title="Create webhook">
      <Form
        action="Create"
        problem={errors.form}
        is_pending={create.isPending}
        onSubmit={create.mutate}
        onCancel={onClose}
      >
        <TextInput
          label="URL"
          description="Where events are sent. The address must be public, unless the configuration of the server allows it."
          type="url"
          required
          data-autofocus
          value={url}
          error={errors.url}
          onChange={({ currentTarget: { value } }) => setUrl(value)}
        />
        <TextInput
          label="Description"
          description="What it is for, such as ops chat."
          maxLength={1024}
          value={description}
          onChange={({ currentTarget: { value } }) => setDescription(value)}
        />
        <TextInput
          label="Secret"
          description="The key of the signatures, in hexadecimal. Copy it now: it is not shown again. Without one, nothing is signed."
          className="mono"
          autoComplete="off"
          value={secret}
          error={errors.secret}
          onChange={({ currentTarget: { value } }) => setSecret(value)}
        />
      </Form>
    </Modal>
  )
}

const FIELDS: Readonly<Record<string, 'url' | 'secret'>> = {
  'credentials.http.url': 'url',
  'credentials.http.secret': 'secret',
}

function errorsOf(error: unknown): { form?: string; url?: string; secret?: string } {
  if (!error) return {}
  const { field, sentence } = problemOf(error)
  return { [FIELDS[field ?? ''] ?? 'form']: sentence }
}
