import { MultiSelect, PasswordInput, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useHasRoles, useRoles } from '../../api/roles.ts'
import { changeUser, createUser, type User, useUsersChanged } from '../../api/users.ts'
import { errorsOf } from '../../parts/field-errors.ts'
import { FormDialog } from '../../parts/form.tsx'
import { roleName } from './role-names.ts'

export function NewUserForm({ onClose }: { onClose: () => void }) {
  const has_roles = useHasRoles()
  const [entered, setEntered] = useState({ email: '', password: '', roles: has_roles ? ['RBAC_ROLE_OBSERVER'] : [] })
  const onChanged = useUsersChanged()
  const create = useMutation({
    mutationFn: () => createUser(entered),
    onSuccess: async () => {
      await onChanged()
      notifications.show({ message: `${entered.email} was added. Give them the password; they can change it later.` })
      onClose()
    },
  })
  const errors = errorsOf(create.error, { password: 'password', email: 'email', roles: 'roles' })
  return (
    <FormDialog
      onClose={onClose}
      title="Add user"
      action="Add user"
      problem={errors.form}
      is_pending={create.isPending}
      onSubmit={create.mutate}
    >
      <TextInput
        label="E-mail address"
        type="email"
        autoComplete="off"
        required
        data-autofocus
        value={entered.email}
        error={errors.email}
        onChange={({ currentTarget: { value } }) => setEntered({ ...entered, email: value })}
      />
      <PasswordInput
        label="Initial password"
        description="At least 8 characters, and not the e-mail address."
        autoComplete="new-password"
        required
        value={entered.password}
        error={errors.password}
        onChange={({ currentTarget: { value } }) => setEntered({ ...entered, password: value })}
      />
      {has_roles && (
        <RoleChoice
          roles={entered.roles}
          none="Without a role, the user is an administrator with full access."
          error={errors.roles}
          onChange={(roles) => setEntered({ ...entered, roles })}
        />
      )}
    </FormDialog>
  )
}

export function RolesOfUser({ user, onClose }: { user: User; onClose: () => void }) {
  const [roles, setRoles] = useState(user.roles)
  const onChanged = useUsersChanged()
  const save = useMutation({
    mutationFn: () => changeUser(user.id, { roles }),
    onSuccess: async () => {
      await onChanged()
      onClose()
    },
  })
  const errors = errorsOf(save.error, { roles: 'roles' })
  return (
    <FormDialog
      onClose={onClose}
      title={`Roles of ${user.email}`}
      action="Save roles"
      problem={errors.form}
      is_pending={save.isPending}
      onSubmit={save.mutate}
    >
      <RoleChoice roles={roles} none="Choose at least one role." error={errors.roles} onChange={setRoles} />
    </FormDialog>
  )
}

/** `none`: the description while no role is chosen. */
type ChoiceProps = { roles: string[]; none: string; error: string | undefined; onChange: (roles: string[]) => void }

function RoleChoice({ roles, none, error, onChange }: ChoiceProps) {
  const { data: all = [] } = useRoles()
  return (
    <MultiSelect
      label="Roles"
      description={roles.length === 0 ? none : 'The user has the permissions of all chosen roles.'}
      data={all.map(({ name, description }) => ({
        value: name,
        label: description ? `${roleName(name)}: ${description}` : name,
      }))}
      value={roles}
      error={error}
      searchable
      clearable
      onChange={onChange}
    />
  )
}
