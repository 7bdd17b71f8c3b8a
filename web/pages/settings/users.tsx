import { Badge, Button, Group, Text } from '@mantine/core'
import { IconUserPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { useMay, useSession } from '../../api/session.ts'
import { deleteUser, disableTwoFactor, USERS_EXPORT, type User, useUsers, useUsersChanged } from '../../api/users.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { ExportCsv } from '../../parts/export-csv.tsx'
import { ListRow, RowAction, RowLine } from '../../parts/list-row.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Pager } from '../../parts/pager.tsx'
import { Section } from '../../parts/section.tsx'
import { Ago } from '../../parts/time.tsx'
import { roleName } from './role-names.ts'
import { NewUserForm, RolesOfUser } from './user-form.tsx'

type OpenDialog = { kind: 'add' } | { kind: 'roles' | 'delete' | 'reset'; user: User }

export function Users() {
  const [page, setPage] = useState({ page: 1, per_page: 20 })
  const [dialog, setDialog] = useState<OpenDialog>()
  const users = useUsers(page)
  const may_manage = useMay()('users')
  return (
    <Section
      title="Users"
      about="Who can sign in. Add one user per person, so that the audit log shows who did what."
      actions={
        <Group gap="xs">
          <ExportCsv path={USERS_EXPORT} />
          {may_manage && (
            <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setDialog({ kind: 'add' })}>
              Add user
            </Button>
          )}
        </Group>
      }
    >
      <Loaded query={users}>
        {({ rows, total }) => (
          <>
            <ul className="rows two-columns">
              {rows.map((user) => (
                <Row
                  key={user.id}
                  user={user}
                  onAction={may_manage ? (kind) => setDialog({ kind, user }) : undefined}
                />
              ))}
            </ul>
            <Pager {...page} total={total} onChange={setPage} />
          </>
        )}
      </Loaded>
      {dialog && <Dialog dialog={dialog} onClose={() => setDialog(undefined)} />}
    </Section>
  )
}

type RowProps = { user: User; onAction: ((kind: 'roles' | 'delete' | 'reset') => void) | undefined }

function Row({ user, onAction }: RowProps) {
  const { user: me, features } = useSession()
  return (
    <ListRow
      title={user.email}
      chips={
        <>
          {user.id === me.id && (
            <Badge variant="light" tt="none">
              You
            </Badge>
          )}
          {!user.has_password && (
            <Badge variant="light" color="gray" tt="none">
              Company account
            </Badge>
          )}
          {user.tfa_status === 'enabled' && (
            <Badge variant="light" color="teal">
              2FA
            </Badge>
          )}
        </>
      }
      actions={
        onAction && (
          <>
            {features.roles && (
              <RowAction label={`Roles of ${user.email}`} onClick={() => onAction('roles')}>
                Roles
              </RowAction>
            )}
            {user.tfa_status !== 'disabled' && user.id !== me.id && (
              <RowAction label={`Reset two-factor authentication of ${user.email}`} onClick={() => onAction('reset')}>
                Reset 2FA
              </RowAction>
            )}
            {user.id !== me.id && (
              <RowAction label={`Delete ${user.email}`} isDanger onClick={() => onAction('delete')}>
                Delete
              </RowAction>
            )}
          </>
        )
      }
    >
      <RowLine>
        {user.roles.map(roleName).join(', ')} ·{' '}
        {user.login_ts ? (
          <>
            signed in <Ago at={user.login_ts} />
          </>
        ) : (
          'never signed in'
        )}
      </RowLine>
    </ListRow>
  )
}

function Dialog({ dialog, onClose }: { dialog: OpenDialog; onClose: () => void }) {
  const onChanged = useUsersChanged()
  if (dialog.kind === 'add') return <NewUserForm onClose={onClose} />
  const { kind, user } = dialog
  if (kind === 'roles') return <RolesOfUser user={user} onClose={onClose} />
  if (kind === 'delete')
    return (
      <Confirm
        title={`Delete ${user.email}?`}
        action="Delete user"
        onConfirm={() => deleteUser(user.id).then(onChanged)}
        onClose={onClose}
      >
        <Text size="sm">
          Their sessions and access tokens end immediately. Their actions remain in the audit log. This cannot be
          undone.
        </Text>
      </Confirm>
    )
  return (
    <Confirm
      title={`Reset two-factor authentication of ${user.email}?`}
      action="Reset 2FA"
      onConfirm={() => disableTwoFactor(user.id).then(onChanged)}
      onClose={onClose}
    >
      <Text size="sm">
        Signing in will require only their password until they set up two-factor authentication again. Do this only if
        you are sure that the request comes from them.
      </Text>
    </Confirm>
  )
}
