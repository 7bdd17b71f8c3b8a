import { Button, Group, Select, Text, TextInput } from '@mantine/core'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import {
  type AccessToken,
  createAccessToken,
  revokeAccessToken,
  TOKENS_EXPORT,
  useAccessTokens,
  useAccessTokensChanged,
} from '../../api/access-tokens.ts'
import { useMay } from '../../api/session.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ExportCsv } from '../../parts/export-csv.tsx'
import { errorsOf } from '../../parts/field-errors.ts'
import { FormDialog } from '../../parts/form.tsx'
import { ListRow, RowAction, RowLine } from '../../parts/list-row.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { ShownToken } from '../../parts/shown-token.tsx'
import { Ago, Time } from '../../parts/time.tsx'

export function AccessTokens() {
  const tokens = useAccessTokens()
  const may = useMay()
  const [creating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<AccessToken>()
  const onChanged = useAccessTokensChanged()
  return (
    <Section
      title="Access tokens"
      about="Access tokens let scripts and pipelines act with your permissions, without your password or a code."
      actions={
        <Group gap="xs">
          {tokens.data && tokens.data.length > 0 && <ExportCsv path={TOKENS_EXPORT} />}
          {may('tokens') && (
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
              Create token
            </Button>
          )}
        </Group>
      }
    >
      <Loaded query={tokens} lines={3}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon={IconKey} title="No access tokens">
              {may('tokens')
                ? 'Create one for each script, so that you can revoke each token separately.'
                : 'Your role does not allow creating access tokens.'}
            </Empty>
          ) : (
            <ul className="rows two-columns">
              {all.map((token) => (
                <Row key={token.id} token={token} onRevoke={() => setRevoking(token)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {creating && <NewToken onClose={() => setCreating(false)} />}
      {revoking && (
        <Confirm
          title={`Revoke ${revoking.name}?`}
          action="Revoke token"
          onConfirm={() => revokeAccessToken(revoking.id).then(onChanged)}
          onClose={() => setRevoking(undefined)}
        >
          <Text size="sm">Anything that uses this token loses access immediately. This cannot be undone.</Text>
        </Confirm>
      )}
    </Section>
  )
}

const Row = ({ token, onRevoke }: { token: AccessToken; onRevoke: () => void }) => (
  <ListRow
    title={token.name}
    actions={
      <RowAction label={`Revoke ${token.name}`} isDanger onClick={onRevoke}>
        Revoke
      </RowAction>
    }
  >
    <RowLine>
      {token.last_used ? (
        <>
          Last used <Ago at={token.last_used} />
        </>
      ) : (
        'Never used'
      )}
      {' · '}
      {token.expiration_date ? (
        <>
          expires <Time at={token.expiration_date} />
        </>
      ) : (
        'never expires'
      )}
      {' · '}created <Ago at={token.created_ts} />
    </RowLine>
  </ListRow>
)

const DAY_S = 86_400
const EXPIRIES = [
  { value: String(7 * DAY_S), label: 'in 7 days' },
  { value: String(30 * DAY_S), label: 'in 30 days' },
  { value: String(90 * DAY_S), label: 'in 90 days' },
  { value: String(365 * DAY_S), label: 'in a year' },
  { value: '0', label: 'never' },
]

function NewToken({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [expires_in, setExpiry] = useState(String(90 * DAY_S))
  const onChanged = useAccessTokensChanged()
  const create = useMutation({
    mutationFn: () => createAccessToken({ name, expires_in: Number(expires_in) }),
    onSuccess: onChanged,
  })
  const errors = errorsOf(create.error, { name: 'name' })
  if (create.data) return <CreatedToken name={name} token={create.data} onClose={onClose} />
  return (
    <FormDialog
      onClose={onClose}
      title="Create access token"
      action="Create"
      problem={errors.form}
      is_pending={create.isPending}
      onSubmit={create.mutate}
    >
      <TextInput
        label="Name"
        description="What the token is for, such as nightly-build."
        required
        data-autofocus
        maxLength={256}
        value={name}
        error={errors.name}
        onChange={({ currentTarget: { value } }) => setName(value)}
      />
      <Select
        label="Expires"
        data={EXPIRIES}
        value={expires_in}
        allowDeselect={false}
        onChange={(value) => setExpiry(value ?? '0')}
      />
    </FormDialog>
  )
}

const CreatedToken = ({ name, token, onClose }: { name: string; token: string; onClose: () => void }) => (
  <ShownToken title={`Token ${name}`} label="Access token" token={token} onClose={onClose}>
    Send it in the header <span className="mono">Authorization: Bearer TOKEN</span>.
  </ShownToken>
)
