import { Checkbox, Fieldset, Stack, TagsInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import {
  changeRole,
  createRole,
  type PermissionSet,
  type Role,
  type ScopeType,
  usePermissionSets,
  useRolesChanged,
  useScopeSuggestions,
} from '../../api/roles.ts'
import { errorsOf } from '../../parts/field-errors.ts'
import { FormDialog } from '../../parts/form.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { setName } from './role-names.ts'

/** Permission sets by name with the groups or tags that they are limited to; empty: no limit. */
type Chosen = Readonly<Record<string, readonly string[]>>

const chosenIn = (role: Role | undefined): Chosen =>
  Object.fromEntries((role?.permission_sets_with_scope ?? []).map(({ name, scope }) => [name, scope?.value ?? []]))

const setsOf = (chosen: Chosen, known: readonly PermissionSet[]) =>
  Object.entries(chosen).map(([name, value]) => {
    const type = known.find((set) => set.name === name)?.supported_scope_types[0]
    return type && value.length > 0 ? { name, scope: { type, value: [...value] } } : { name }
  })

/** Creates or edits a role. */
export function RoleForm({ role, onClose }: { role?: Role; onClose: () => void }) {
  const sets = usePermissionSets()
  const [name, setName] = useState(role?.name ?? '')
  const [description, setDescription] = useState(role?.description ?? '')
  const [chosen, setChosen] = useState(() => chosenIn(role))
  const onChanged = useRolesChanged()
  const save = useMutation({
    mutationFn: () => {
      const edited = { name, description, permission_sets_with_scope: setsOf(chosen, sets.data ?? []) }
      return role ? changeRole(edited) : createRole(edited)
    },
    onSuccess: async () => {
      await onChanged()
      onClose()
    },
  })
  const errors = errorsOf(save.error, { sets: 'permission_sets_with_scope', name: 'name' })
  const nothing_chosen = Object.keys(chosen).length === 0
  return (
    <FormDialog
      onClose={onClose}
      title={role ? `Edit role ${role.name}` : 'Create role'}
      size="lg"
      action={role ? 'Save role' : 'Create role'}
      problem={errors.form ?? errors.sets}
      is_pending={save.isPending}
      disabled={nothing_chosen}
      onSubmit={save.mutate}
    >
      {!role && (
        <TextInput
          label="Name"
          required
          data-autofocus
          maxLength={128}
          value={name}
          error={errors.name}
          onChange={({ currentTarget: { value } }) => setName(value)}
        />
      )}
      <TextInput
        label="Description"
        maxLength={1024}
        value={description}
        onChange={({ currentTarget: { value } }) => setDescription(value)}
      />
      <Fieldset legend={nothing_chosen ? 'Permissions (choose at least one)' : 'Permissions'} variant="filled">
        <Loaded query={sets} lines={8}>
          {(all) => (
            <Stack gap="sm">
              {all.map((set) => (
                <SetChoice key={set.name} set={set} chosen={chosen} onChange={setChosen} />
              ))}
            </Stack>
          )}
        </Loaded>
      </Fieldset>
    </FormDialog>
  )
}

type SetProps = { set: PermissionSet; chosen: Chosen; onChange: (chosen: Chosen) => void }

function SetChoice({ set: { name, description, supported_scope_types }, chosen, onChange }: SetProps) {
  const value = chosen[name]
  const [type] = supported_scope_types
  const toggle = (checked: boolean) => {
    const { [name]: _, ...others } = chosen
    onChange(checked ? { ...others, [name]: [] } : others)
  }
  return (
    <Stack gap="xs">
      <Checkbox
        label={setName(name)}
        description={description}
        checked={value !== undefined}
        onChange={({ currentTarget: { checked } }) => toggle(checked)}
      />
      {value && type && (
        <ScopeChoice
          of={setName(name)}
          type={type}
          value={value}
          onChange={(names) => onChange({ ...chosen, [name]: names })}
        />
      )}
    </Stack>
  )
}

type ScopeProps = { of: string; type: ScopeType; value: readonly string[]; onChange: (names: string[]) => void }

function ScopeChoice({ of, type, value, onChange }: ScopeProps) {
  const kind = type === 'DeviceGroups' ? 'groups' : 'release tags'
  return (
    <TagsInput
      ml="xl"
      size="xs"
      label={`${of}: only these ${kind}`}
      placeholder={value.length === 0 ? 'No limit' : ''}
      data={useScopeSuggestions(type)}
      value={[...value]}
      acceptValueOnBlur
      onChange={onChange}
    />
  )
}
