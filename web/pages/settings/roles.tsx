import { Badge, Button, Group, List, Text } from '@mantine/core'
import { IconPlus, IconShieldCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { deleteRole, ROLES_EXPORT, type Role, useHasRoles, useRoles, useRolesChanged } from '../../api/roles.ts'
import { useMay } from '../../api/session.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ExportCsv } from '../../parts/export-csv.tsx'
import { ListRow, RowAction, RowLine } from '../../parts/list-row.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { RoleForm } from './role-form.tsx'
import { isPredefined, roleName, setText } from './role-names.ts'

export const Roles = () => (useHasRoles() ? <RoleList /> : <NotInPlan />)

const NotInPlan = () => (
  <Empty icon={IconShieldCheck} title="Roles are part of the Enterprise plan">
    In your plan, every user has full access. To change the plan, run muster tenant set-plan on the server.
  </Empty>
)

type OpenDialog = { kind: 'create' } | { kind: 'edit' | 'delete'; role: Role }

function RoleList() {
  const roles = useRoles()
  const [dialog, setDialog] = useState<OpenDialog>()
  const may_manage = useMay()('users')
  const onChanged = useRolesChanged()
  const close = () => setDialog(undefined)
  return (
    <Section
      title="Roles"
      about="A role defines what users can see and change. It can be limited to certain device groups or release tags."
      actions={
        <Group gap="xs">
          <ExportCsv path={ROLES_EXPORT} />
          {may_manage && (
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setDialog({ kind: 'create' })}>
              Create role
            </Button>
          )}
        </Group>
      }
    >
      <Loaded query={roles}>
        {(all) => (
          <ul className="rows two-columns">
            {all.map((role) => (
              <Row
                key={role.name}
                role={role}
                onAction={may_manage ? (kind) => setDialog({ kind, role }) : undefined}
              />
            ))}
          </ul>
        )}
      </Loaded>
      {dialog?.kind === 'create' && <RoleForm onClose={close} />}
      {dialog?.kind === 'edit' && <RoleForm role={dialog.role} onClose={close} />}
      {dialog?.kind === 'delete' && (
        <Confirm
          title={`Delete role ${dialog.role.name}?`}
          action="Delete role"
          onConfirm={() => deleteRole(dialog.role.name).then(onChanged)}
          onClose={close}
        >
          <Text size="sm">
            Its users lose this role. Users without another role keep access to their own account only.
          </Text>
        </Confirm>
      )}
    </Section>
  )
}

type RowProps = { role: Role; onAction: ((kind: 'edit' | 'delete') => void) | undefined }

const Row = ({ role, onAction }: RowProps) => (
  <ListRow
    title={roleName(role.name)}
    chips={
      isPredefined(role.name) && (
        <Badge variant="light" color="gray" tt="none" title={role.name}>
          Predefined
        </Badge>
      )
    }
    actions={
      onAction &&
      !isPredefined(role.name) && (
        <>
          <RowAction label={`Edit ${role.name}`} onClick={() => onAction('edit')}>
            Edit
          </RowAction>
          <RowAction label={`Delete ${role.name}`} isDanger onClick={() => onAction('delete')}>
            Delete
          </RowAction>
        </>
      )
    }
  >
    {role.description && <RowLine>{role.description}</RowLine>}
    {!isPredefined(role.name) && (
      <List size="sm" withPadding>
        {role.permission_sets_with_scope.map((set) => (
          <List.Item key={JSON.stringify(set)}>{setText(set)}</List.Item>
        ))}
      </List>
    )}
  </ListRow>
)
