import { Button, Fieldset, Group, MultiSelect, Stack, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useRoles } from '../../../api/roles.ts'
import { isPredefined, roleName } from '../role-names.ts'
import type { Draft, MappingRow } from './draft.ts'
import type { PartProps } from './provider-form.tsx'

const EVERYTHING = 'RBAC_ROLE_PERMIT_ALL'

/** Which roles users get. */
export function RoleRules({ draft, onChange }: PartProps) {
  const by_provider = draft.roles_claim.trim() !== ''
  return (
    <Fieldset legend="Roles" variant="filled">
      <Stack gap="sm">
        <TextInput
          label="Claim"
          description="The claim by which the provider decides about roles at each sign-in, such as groups. Leave it empty to give roles here."
          autoComplete="off"
          value={draft.roles_claim}
          onChange={({ currentTarget: { value } }) => onChange({ roles_claim: value })}
        />
        {by_provider && <Mappings {...{ draft, onChange }} />}
        <RoleSelect
          label={by_provider ? 'Roles of accounts without any of these values' : 'Roles of new users'}
          description="Without one, they are refused."
          roles={draft.default_roles}
          onChange={(default_roles) => onChange({ default_roles })}
        />
      </Stack>
    </Fieldset>
  )
}

function Mappings({ draft: { role_mappings: rows }, onChange }: Pick<PartProps, 'onChange'> & { draft: Draft }) {
  const setRows = (role_mappings: MappingRow[]) => onChange({ role_mappings })
  const change = (key: number, changed: Partial<MappingRow>) =>
    setRows(rows.map((row) => (row.key === key ? { ...row, ...changed } : row)))
  const add = () => setRows([...rows, { key: Math.max(-1, ...rows.map(({ key }) => key)) + 1, value: '', roles: [] }])
  return (
    <Stack gap="sm">
      {rows.map(({ key, value, roles }, index) => (
        <Group key={key} align="flex-end" gap="xs">
          <TextInput
            label={`Value ${index + 1}`}
            flex="1 1 10rem"
            required
            value={value}
            onChange={({ currentTarget }) => change(key, { value: currentTarget.value })}
          />
          <RoleSelect
            label={`Roles for value ${index + 1}`}
            roles={roles}
            onChange={(chosen) => change(key, { roles: chosen })}
          />
          <Button
            variant="subtle"
            color="red"
            aria-label={`Remove value ${index + 1}`}
            onClick={() => setRows(rows.filter((row) => row.key !== key))}
          >
            Remove
          </Button>
        </Group>
      ))}
      <Group>
        <Button variant="default" size="xs" leftSection={<IconPlus size={16} aria-hidden />} onClick={add}>
          Add value
        </Button>
      </Group>
    </Stack>
  )
}

type SelectProps = { label: string; description?: string; roles: string[]; onChange: (roles: string[]) => void }

/** Without the feature of roles, the plan has one role only. */
function RoleSelect({ label, description, roles, onChange }: SelectProps) {
  const { data = [] } = useRoles()
  const known = data.length > 0 ? data.map(({ name }) => name) : [EVERYTHING]
  return (
    <MultiSelect
      flex="2 1 14rem"
      label={label}
      {...(description && { description })}
      data={[...new Set([...known, ...roles])].map((name) => ({
        value: name,
        label: isPredefined(name) ? roleName(name) : name,
      }))}
      value={roles}
      searchable
      onChange={onChange}
    />
  )
}
