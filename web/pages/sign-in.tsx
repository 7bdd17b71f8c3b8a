import { Button, Checkbox, PasswordInput, Stack, TextInput, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { signIn } from '../api/session.ts'
import { Failure } from '../parts/failure.tsx'

/** Shown in place of any page until somebody is signed in. */
export function SignIn({ onSignedIn }: { onSignedIn: () => unknown }) {
  const [entered, setEntered] = useState({ email: '', password: '', stay: true })
  const attempt = useMutation({ mutationFn: () => signIn(entered), onSuccess: onSignedIn })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    attempt.mutate()
  }
  return (
    <main className="sign-in">
      <form className="card" onSubmit={submit}>
        <Stack>
          <Title order={1}>Sign in to Muster</Title>
          <TextInput
            label="E-mail address"
            type="email"
            autoComplete="username"
            required
            value={entered.email}
            onChange={({ currentTarget: { value } }) => setEntered({ ...entered, email: value })}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            value={entered.password}
            onChange={({ currentTarget: { value } }) => setEntered({ ...entered, password: value })}
          />
          <Checkbox
            label="Stay signed in"
            checked={entered.stay}
            onChange={({ currentTarget: { checked } }) => setEntered({ ...entered, stay: checked })}
          />
          {attempt.error && <Failure error={attempt.error} />}
          <Button type="submit" loading={attempt.isPending}>
            Sign in
          </Button>
        </Stack>
      </form>
    </main>
  )
}
