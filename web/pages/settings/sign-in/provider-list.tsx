import { Button, Group, Stack, Text } from '@mantine/core'
import { IconLogin, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { deleteProvider, type Provider, useProviders, useProvidersChanged } from '../../../api/sign-in.ts'
import { Confirm } from '../../../parts/confirm.tsx'
import { Empty } from '../../../parts/empty.tsx'
import { Loaded } from '../../../parts/loaded.tsx'
import { Section } from '../../../parts/section.tsx'
import { StatusChip } from '../../../parts/status-chip.tsx'
import { ProviderDetails } from './provider-details.tsx'
import { ProviderForm } from './provider-form.tsx'

type OpenDialog = { kind: 'create' } | { kind: 'edit' | 'delete'; provider: Provider }

export function ProviderList() {
  const providers = useProviders()
  const [dialog, setDialog] = useState<OpenDialog>()
  const [shown, setShown] = useState<string>()
  const onChanged = useProvidersChanged()
  const close = () => setDialog(undefined)
  const selected = providers.data?.find(({ id }) => id === shown)
  return (
    <>
      <Section
        title="Sign-in providers"
        about="Users sign in with the accounts of your company, by OpenID Connect: with Keycloak, Entra ID, Google or another provider."
        actions={
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setDialog({ kind: 'create' })}>
            Add provider
          </Button>
        }
      >
        <Loaded query={providers} lines={2}>
          {(all) =>
            all.length === 0 ? (
              <Empty icon={IconLogin} title="No sign-in providers">
                Users sign in with passwords. Add a provider for them to use the accounts of your company.
              </Empty>
            ) : (
              <ul className="rows">
                {all.map((provider) => (
                  <Row
                    key={provider.id}
                    provider={provider}
                    isShown={provider.id === shown}
                    onShow={() => setShown(provider.id === shown ? undefined : provider.id)}
                    onAction={(kind) => setDialog({ kind, provider })}
                  />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Section>
      {selected && <ProviderDetails key={selected.id} provider={selected} />}
      {dialog?.kind === 'create' && <ProviderForm onClose={close} onSaved={setShown} />}
      {dialog?.kind === 'edit' && <ProviderForm provider={dialog.provider} onClose={close} />}
      {dialog?.kind === 'delete' && (
        <Confirm
          title={`Delete ${dialog.provider.name}?`}
          action="Delete provider"
          onConfirm={() => deleteProvider(dialog.provider.id).then(onChanged)}
          onClose={close}
        >
          <Text size="sm">
            The sessions that it has opened end immediately. The users stay; those without a password cannot sign in
            until a provider with the same issuer is added.
          </Text>
        </Confirm>
      )}
    </>
  )
}

const ENABLED = { label: 'On', color: 'teal', description: 'users can sign in' }
const DISABLED = { label: 'Off', color: 'gray', description: 'users cannot sign in' }

type RowProps = {
  provider: Provider
  isShown: boolean
  onShow: () => void
  onAction: (kind: 'edit' | 'delete') => void
}

const Row = ({ provider: { name, issuer, enabled }, isShown, onShow, onAction }: RowProps) => (
  <Group component="li" justify="space-between" gap="sm">
    <Stack gap="3xs" flex="1 1 14rem" miw={0}>
      <Group gap="xs">
        <Text fw={600}>{name}</Text>
        <StatusChip statusStyle={enabled ? ENABLED : DISABLED} status={enabled ? 'enabled' : 'disabled'} />
      </Group>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {issuer}
      </Text>
    </Stack>
    <Group gap="2xs">
      <Button
        variant="subtle"
        size="sm"
        aria-expanded={isShown}
        aria-label={`${isShown ? 'Hide' : 'Show'} details of ${name}`}
        onClick={onShow}
      >
        {isShown ? 'Hide details' : 'Show details'}
      </Button>
      <Button variant="subtle" size="sm" aria-label={`Edit ${name}`} onClick={() => onAction('edit')}>
        Edit
      </Button>
      <Button variant="subtle" color="red" size="sm" aria-label={`Delete ${name}`} onClick={() => onAction('delete')}>
        Delete
      </Button>
    </Group>
  </Group>
)
