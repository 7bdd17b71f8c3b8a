import { Button, Group, Text } from '@mantine/core'
import { IconLogin, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import {
  deleteProvider,
  PROVIDERS_EXPORT,
  type Provider,
  useProviders,
  useProvidersChanged,
} from '../../../api/sign-in.ts'
import { useShown } from '../../../api/use-shown.ts'
import { Confirm } from '../../../parts/confirm.tsx'
import { Empty } from '../../../parts/empty.tsx'
import { ExportCsv } from '../../../parts/export-csv.tsx'
import { ListRow, RowAction, RowLine } from '../../../parts/list-row.tsx'
import { Loaded } from '../../../parts/loaded.tsx'
import { Section } from '../../../parts/section.tsx'
import { StatusChip } from '../../../parts/status-chip.tsx'
import { ProviderDetails } from './provider-details.tsx'
import { ProviderForm } from './provider-form.tsx'

type OpenDialog = { kind: 'create' } | { kind: 'edit' | 'delete'; provider: Provider }

export function ProviderList() {
  const providers = useProviders()
  const [dialog, setDialog] = useState<OpenDialog>()
  const { shown, show, toggle } = useShown()
  const onChanged = useProvidersChanged()
  const close = () => setDialog(undefined)
  const selected = providers.data?.find(({ id }) => id === shown)
  return (
    <>
      <Section
        title="Sign-in providers"
        about="Users sign in with the accounts of your company, by OpenID Connect: with Keycloak, Entra ID, Google or another provider."
        actions={
          <Group gap="xs">
            {providers.data && providers.data.length > 0 && <ExportCsv path={PROVIDERS_EXPORT} />}
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setDialog({ kind: 'create' })}>
              Add provider
            </Button>
          </Group>
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
                    onShow={() => toggle(provider.id)}
                    onAction={(kind) => setDialog({ kind, provider })}
                  />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Section>
      {selected && <ProviderDetails key={selected.id} provider={selected} />}
      {dialog?.kind === 'create' && <ProviderForm onClose={close} onSaved={show} />}
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
  <ListRow
    title={name}
    chips={<StatusChip statusStyle={enabled ? ENABLED : DISABLED} status={enabled ? 'enabled' : 'disabled'} />}
    actions={
      <>
        <RowAction label={`${isShown ? 'Hide' : 'Show'} details of ${name}`} aria-expanded={isShown} onClick={onShow}>
          {isShown ? 'Hide details' : 'Show details'}
        </RowAction>
        <RowAction label={`Edit ${name}`} onClick={() => onAction('edit')}>
          Edit
        </RowAction>
        <RowAction label={`Delete ${name}`} isDanger onClick={() => onAction('delete')}>
          Delete
        </RowAction>
      </>
    }
  >
    <RowLine>{issuer}</RowLine>
  </ListRow>
)
