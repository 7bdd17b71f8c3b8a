import { Radio, Select, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useSession } from '../../../api/session.ts'
import {
  type SignInSettings,
  saveSignInSettings,
  useProvidersChanged,
  useSignInSettings,
} from '../../../api/sign-in.ts'
import { useUsers } from '../../../api/users.ts'
import { errorsOf } from '../../../parts/field-errors.ts'
import { Form } from '../../../parts/form.tsx'
import { Loaded } from '../../../parts/loaded.tsx'
import { Section } from '../../../parts/section.tsx'

/** Who may sign in with a password. */
export function PasswordSignIn() {
  const settings = useSignInSettings()
  return (
    <Section
      title="Passwords"
      about="Once everybody can sign in by a provider, passwords can be switched off. One user keeps one, for when no provider can be used. Personal access tokens stay valid."
    >
      <Loaded query={settings} lines={2}>
        {(loaded) => <Choice key={JSON.stringify(loaded)} settings={loaded} />}
      </Loaded>
    </Section>
  )
}

function Choice({ settings }: { settings: SignInSettings }) {
  const { user } = useSession()
  const [chosen, setChosen] = useState(settings.password_sign_in)
  const [user_id, setUserId] = useState(settings.password_user_id ?? (user.has_password ? user.id : null))
  const onChanged = useProvidersChanged()
  const save = useMutation({
    mutationFn: () => saveSignInSettings(settingsOf(chosen, user_id)),
    onSuccess: () => {
      notifications.show({ message: 'The settings were saved.' })
      return onChanged()
    },
  })
  const errors = errorsOf(save.error, { user: 'password_user_id' })
  return (
    <Form action="Save" problem={errors.form} is_pending={save.isPending} onSubmit={save.mutate}>
      <Radio.Group
        label="Who may sign in with a password"
        value={chosen}
        onChange={(value) => setChosen(value as SignInSettings['password_sign_in'])}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="everyone" label="Every user who has one" />
          <Radio
            value="one_user"
            label="One user only"
            description="The sessions of all others that were opened with a password are refused at once."
          />
        </Stack>
      </Radio.Group>
      {chosen === 'one_user' && <UserSelect user_id={user_id} error={errors.user} onChange={setUserId} />}
    </Form>
  )
}

const settingsOf = (password_sign_in: SignInSettings['password_sign_in'], user_id: string | null): SignInSettings =>
  password_sign_in === 'one_user' && user_id ? { password_sign_in, password_user_id: user_id } : { password_sign_in }

type SelectProps = { user_id: string | null; error: string | undefined; onChange: (id: string | null) => void }

function UserSelect({ user_id, error, onChange }: SelectProps) {
  const { data } = useUsers({ page: 1, per_page: 500 })
  return (
    <Select
      label="The user who may"
      description="Must have a password, and be able to manage users."
      data={(data?.rows ?? [])
        .filter(({ has_password }) => has_password)
        .map(({ id, email }) => ({ value: id, label: email }))}
      value={user_id}
      error={error}
      searchable
      onChange={onChange}
    />
  )
}
