import { Button, Group, PasswordInput, Stack, Switch, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { zone } from '../../../src/texts/times.ts'
import { startEmailVerification } from '../../api/mailed-links.ts'
import { usePreferences } from '../../api/preferences.ts'
import { useSession } from '../../api/session.ts'
import { changeUser, useUsersChanged } from '../../api/users.ts'
import { Failure } from '../../parts/failure.tsx'
import { errorsOf } from '../../parts/field-errors.ts'
import { Form } from '../../parts/form.tsx'
import { Section } from '../../parts/section.tsx'
import { TwoFactor } from './two-factor.tsx'

export function Account() {
  const { has_password } = useSession().user
  return (
    <div className="cards">
      <Email />
      {has_password ? <Password /> : <NoPassword />}
      <Appearance />
      {has_password && <TwoFactor />}
    </div>
  )
}

const NoPassword = () => (
  <Section
    title="Password"
    about="You have none: you sign in with your company's account. Two-factor authentication is up to that account."
  >
    {null}
  </Section>
)

/** Stored at once: each is a single choice. */
function Appearance() {
  const { preferences, change } = usePreferences()
  const { utc, single_keys } = change.isPending ? { ...preferences, ...change.variables } : preferences
  return (
    <Section title="Times and keys" about="For this account, on all computers.">
      <Stack gap="sm">
        <Switch
          label="Show times in UTC"
          description={`Otherwise in ${zone()}, the time zone of this browser. Point at a time to see the other one.`}
          checked={utc}
          onChange={({ currentTarget: { checked } }) => change.mutate({ utc: checked })}
        />
        <Switch
          label="Single-key shortcuts"
          description="Such as / to search. Ctrl K or ⌘ K opens the search in any case."
          checked={single_keys}
          onChange={({ currentTarget: { checked } }) => change.mutate({ single_keys: checked })}
        />
        {change.error && <Failure error={change.error} />}
      </Stack>
    </Section>
  )
}

function Email() {
  const { user } = useSession()
  const onChanged = useUsersChanged()
  const [email, setEmail] = useState(user.email)
  const save = useMutation({
    mutationFn: () => changeUser('me', { email }),
    onSuccess: () => {
      notifications.show({ message: 'Your e-mail address was changed.' })
      return onChanged()
    },
  })
  const errors = errorsOf(save.error, { email: 'email' })
  return (
    <Section
      title="E-mail address"
      about={`${user.has_password ? 'You sign in with it. ' : ''}Changing it ends your other sessions.`}
    >
      {!user.verified && <Unverified email={user.email} />}
      <Form
        action="Change e-mail address"
        problem={errors.form}
        is_pending={save.isPending}
        disabled={email === user.email}
        onSubmit={save.mutate}
      >
        <TextInput
          label="E-mail address"
          autoComplete="email"
          type="email"
          required
          value={email}
          error={errors.email}
          onChange={({ currentTarget: { value } }) => setEmail(value)}
        />
      </Form>
    </Section>
  )
}

/** Shown only if the server sends e-mail. */
function Unverified({ email }: { email: string }) {
  const start = useMutation({ mutationFn: () => startEmailVerification(email) })
  if (start.isSuccess) return <Text size="sm">An e-mail with a link was sent to {email}. It is valid for a day.</Text>
  return (
    <Stack gap="xs">
      <Text size="sm">You have not confirmed yet that you receive what is sent to {email}.</Text>
      {start.error && <Failure error={start.error} />}
      <Group>
        <Button variant="default" size="sm" loading={start.isPending} onClick={() => start.mutate()}>
          Send a link to confirm it
        </Button>
      </Group>
    </Stack>
  )
}

const NO_PASSWORD = { current_password: '', password: '' }

function Password() {
  const [entered, setEntered] = useState(NO_PASSWORD)
  const save = useMutation({
    mutationFn: () => changeUser('me', entered),
    onSuccess: () => {
      setEntered(NO_PASSWORD)
      notifications.show({ message: 'Your password was changed. Your other sessions have ended.' })
    },
  })
  const errors = errorsOf(save.error, { current_password: 'current_password', password: 'password' })
  return (
    <Section title="Password" about="Changing it ends your other sessions. Access tokens remain valid.">
      <Form action="Change password" problem={errors.form} is_pending={save.isPending} onSubmit={save.mutate}>
        <PasswordInput
          label="Current password"
          autoComplete="current-password"
          required
          value={entered.current_password}
          error={errors.current_password && 'This is not your current password.'}
          onChange={({ currentTarget: { value } }) => setEntered({ ...entered, current_password: value })}
        />
        <PasswordInput
          label="New password"
          description="At least 8 characters, and not your e-mail address."
          autoComplete="new-password"
          required
          value={entered.password}
          error={errors.password}
          onChange={({ currentTarget: { value } }) => setEntered({ ...entered, password: value })}
        />
      </Form>
    </Section>
  )
}
