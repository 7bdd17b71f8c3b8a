import { Fieldset, NumberInput, PasswordInput, Stack, Switch, TagsInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useSession } from '../../../api/session.ts'
import {
  changeProvider,
  createProvider,
  type Provider,
  useProvidersChanged,
  useSignInOptions,
} from '../../../api/sign-in.ts'
import { errorsOf } from '../../../parts/field-errors.ts'
import { FormDialog } from '../../../parts/form.tsx'
import { addressesOf, type Draft, toDraft, toProvider } from './draft.ts'
import { AddressList } from './provider-details.tsx'
import { RoleRules } from './role-rules.tsx'

const FIELDS = {
  ...{ id: 'id', name: 'name', issuer: 'issuer', client_id: 'client_id', client_secret: 'client_secret' },
  ...{ email_domains: 'email_domains', session_hours: 'session_hours', scopes: 'scopes' },
}

type Errors = Partial<Record<keyof typeof FIELDS | 'form', string>>
export type PartProps = { draft: Draft; errors: Errors; onChange: (change: Partial<Draft>) => void }

type Props = { provider?: Provider; onClose: () => void; onSaved?: (id: string) => void }

/** Adds or edits a sign-in provider. */
export function ProviderForm({ provider, onClose, onSaved }: Props) {
  const [draft, setDraft] = useState(() => toDraft(provider))
  const onChanged = useProvidersChanged()
  const save = useMutation({
    mutationFn: () =>
      provider
        ? changeProvider(provider.id, toProvider(draft))
        : createProvider({ ...toProvider(draft), id: draft.id.trim() }),
    onSuccess: async () => {
      await onChanged()
      onSaved?.(draft.id.trim())
      onClose()
    },
  })
  const errors = errorsOf(save.error, FIELDS)
  const part = { draft, errors, onChange: (change: Partial<Draft>) => setDraft({ ...draft, ...change }) }
  return (
    <FormDialog
      onClose={onClose}
      title={provider ? `Edit ${provider.name}` : 'Add sign-in provider'}
      size="lg"
      action={provider ? 'Save provider' : 'Add provider'}
      problem={errors.form}
      is_pending={save.isPending}
      onSubmit={save.mutate}
    >
      {!provider && <NewId {...part} />}
      <Client {...part} has_secret={provider?.has_client_secret ?? false} />
      <RoleRules {...part} />
      <WhoMay {...part} />
      <Sessions {...part} />
    </FormDialog>
  )
}

/** The addresses can be registered before the provider is saved, which needs the ID of the client. */
function NewId({ draft, errors, onChange }: PartProps) {
  const { tenant } = useSession()
  const { data } = useSignInOptions()
  const id = draft.id.trim()
  return (
    <>
      <TextInput
        label="ID"
        description="Part of the addresses below, such as keycloak: small letters, digits and hyphens. It cannot be changed."
        required
        data-autofocus
        pattern="[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?"
        value={draft.id}
        error={errors.id}
        onChange={({ currentTarget: { value } }) => onChange({ id: value })}
      />
      {id !== '' && data && (
        <Fieldset legend="Register these addresses at the provider" variant="filled">
          <Stack gap="sm">
            <AddressList addresses={addressesOf(data.base_url, tenant.id, id)} />
          </Stack>
        </Fieldset>
      )}
    </>
  )
}

const Client = ({ draft, errors, onChange, has_secret }: PartProps & { has_secret: boolean }) => (
  <>
    <TextInput
      label="Name"
      description="On the button: Sign in with …"
      required
      maxLength={64}
      value={draft.name}
      error={errors.name}
      onChange={({ currentTarget: { value } }) => onChange({ name: value })}
    />
    <TextInput
      label="Issuer"
      description="As the provider documents it, such as https://login.example.com/realms/company."
      type="url"
      required
      value={draft.issuer}
      error={errors.issuer}
      onChange={({ currentTarget: { value } }) => onChange({ issuer: value })}
    />
    <TextInput
      label="Client ID"
      required
      autoComplete="off"
      value={draft.client_id}
      error={errors.client_id}
      onChange={({ currentTarget: { value } }) => onChange({ client_id: value })}
    />
    <PasswordInput
      label="Client secret"
      description={has_secret ? 'Leave it empty to keep the present one.' : 'Leave it empty for a public client.'}
      autoComplete="new-password"
      value={draft.client_secret}
      error={errors.client_secret}
      onChange={({ currentTarget: { value } }) => onChange({ client_secret: value })}
    />
    <TagsInput
      label="Scopes"
      description="What is requested of the provider."
      value={draft.scopes}
      error={errors.scopes}
      acceptValueOnBlur
      onChange={(scopes) => onChange({ scopes })}
    />
  </>
)

const WhoMay = ({ draft, errors, onChange }: PartProps) => (
  <Fieldset legend="First sign-in" variant="filled">
    <Stack gap="sm">
      <Switch
        label="Create a user"
        description="Otherwise only accounts can sign in that belong to a user already."
        checked={draft.create_users}
        onChange={({ currentTarget: { checked } }) => onChange({ create_users: checked })}
      />
      <Switch
        label="Use the user with the same e-mail address"
        description="Only if the provider says that it has verified the address. Whoever can verify it there gets that user."
        checked={draft.link_users}
        onChange={({ currentTarget: { checked } }) => onChange({ link_users: checked })}
      />
      <TagsInput
        label="Only for these e-mail domains"
        description="Verified addresses only."
        placeholder={draft.email_domains.length === 0 ? 'Any address' : ''}
        value={draft.email_domains}
        error={errors.email_domains}
        acceptValueOnBlur
        onChange={(email_domains) => onChange({ email_domains })}
      />
    </Stack>
  </Fieldset>
)

const Sessions = ({ draft, errors, onChange }: PartProps) => (
  <>
    <NumberInput
      label="Hours of a session"
      description="After this time users sign in again, which updates their roles."
      min={1}
      max={168}
      allowDecimal={false}
      value={draft.session_hours}
      error={errors.session_hours}
      onChange={(session_hours) => onChange({ session_hours })}
    />
    <Switch
      label="Signing out also signs out of the provider"
      description="If it offers that, and the post-logout redirect URI is registered there."
      checked={draft.ends_provider_session}
      onChange={({ currentTarget: { checked } }) => onChange({ ends_provider_session: checked })}
    />
    <Switch
      label="Users can sign in"
      description="Turning this off ends the sessions that the provider has opened."
      checked={draft.enabled}
      onChange={({ currentTarget: { checked } }) => onChange({ enabled: checked })}
    />
  </>
)
