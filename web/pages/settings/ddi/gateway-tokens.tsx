import { Button, Group, Text, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import {
  createGatewayToken,
  GATEWAY_TOKENS_EXPORT,
  type GatewayToken,
  revokeGatewayToken,
  useGatewayTokens,
  useGatewayTokensChanged,
} from '../../../api/ddi.ts'
import { Confirm } from '../../../parts/confirm.tsx'
import { ExportCsv } from '../../../parts/export-csv.tsx'
import { errorsOf } from '../../../parts/field-errors.ts'
import { FormDialog } from '../../../parts/form.tsx'
import { ListRow, RowAction, RowLine } from '../../../parts/list-row.tsx'
import { Loaded } from '../../../parts/loaded.tsx'
import { OwnToken } from '../../../parts/own-token.tsx'
import { Section } from '../../../parts/section.tsx'
import { ShownToken } from '../../../parts/shown-token.tsx'
import { Ago } from '../../../parts/time.tsx'

/** The gateway tokens of the tenant. `isOn`: devices may use them. */
export function GatewayTokens({ isOn, mayChange }: { isOn: boolean; mayChange: boolean }) {
  const tokens = useGatewayTokens()
  const [creating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<GatewayToken>()
  const onChanged = useGatewayTokensChanged()
  return (
    <Section
      title="Gateway tokens"
      about="Many devices share a gateway token, for example those of one production line. With several tokens, each can be replaced on its own."
      actions={
        <Group gap="xs">
          {tokens.data && tokens.data.length > 0 && <ExportCsv path={GATEWAY_TOKENS_EXPORT} />}
          {mayChange && (
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
              Create gateway token
            </Button>
          )}
        </Group>
      }
    >
      <Loaded query={tokens} lines={2}>
        {(all) => (
          <>
            {!isOn && (
              <Text size="sm" c="dimmed">
                Gateway tokens are switched off: {all.length === 0 ? 'there are none, and ' : ''}no device can use one.
              </Text>
            )}
            {isOn && all.length === 0 && (
              <Text size="sm" c="dimmed">
                No gateway tokens yet.
              </Text>
            )}
            {all.length > 0 && (
              <ul className="rows">
                {all.map((token) => (
                  <Row key={token.id} token={token} onRevoke={mayChange ? () => setRevoking(token) : undefined} />
                ))}
              </ul>
            )}
          </>
        )}
      </Loaded>
      {creating && <NewGatewayToken onClose={() => setCreating(false)} />}
      {revoking && (
        <Confirm
          title={`Revoke gateway token ${revoking.name}?`}
          action="Revoke gateway token"
          onConfirm={() => revokeGatewayToken(revoking.id).then(onChanged)}
          onClose={() => setRevoking(undefined)}
        >
          <Text size="sm">
            Devices that use this token lose access at once, until they are configured with another one. This cannot be
            undone.
          </Text>
        </Confirm>
      )}
    </Section>
  )
}

type RowProps = { token: GatewayToken; onRevoke: (() => void) | undefined }

const Row = ({ token: { name, created_ts }, onRevoke }: RowProps) => (
  <ListRow
    title={name}
    actions={
      onRevoke && (
        <RowAction label={`Revoke ${name}`} isDanger onClick={onRevoke}>
          Revoke
        </RowAction>
      )
    }
  >
    <RowLine>
      created <Ago at={created_ts} />
    </RowLine>
  </ListRow>
)

function NewGatewayToken({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [token, setToken] = useState('')
  const onChanged = useGatewayTokensChanged()
  const create = useMutation({ mutationFn: () => createGatewayToken(name.trim(), token), onSuccess: onChanged })
  const errors = errorsOf(create.error, { name: 'name', token: 'token' })
  if (create.data)
    return (
      <ShownToken title={`Gateway token ${name}`} label="Gateway token" token={create.data.token} onClose={onClose}>
        Devices send it in the header <span className="mono">Authorization: GatewayToken TOKEN</span>.
      </ShownToken>
    )
  return (
    <FormDialog
      onClose={onClose}
      title="Create gateway token"
      action="Create"
      problem={errors.form}
      is_pending={create.isPending}
      disabled={name.trim() === ''}
      onSubmit={create.mutate}
    >
      <TextInput
        label="Name"
        description="Which devices use it, such as line-2."
        required
        data-autofocus
        maxLength={128}
        value={name}
        error={errors.name}
        onChange={({ currentTarget: { value } }) => setName(value)}
      />
      <OwnToken token={token} error={errors.token} onChange={setToken} />
    </FormDialog>
  )
}
