import { Alert, Anchor, Button, PasswordInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { withBasePath } from '../api/base-path.ts'
import { isRefusal } from '../api/http.ts'
import { completePasswordReset, secretOfLink } from '../api/mailed-links.ts'
import { otherTabs } from '../api/session.ts'
import { FrontPage } from '../parts/front-page.tsx'

/** Where the link of an e-mail leads: sets a new password. */
export default function NewPassword() {
  const [password, setPassword] = useState('')
  const save = useMutation({
    mutationFn: () => completePasswordReset({ secret_hash: secretOfLink(), password }),
    // Sessions in this browser may have ended.
    onSuccess: () => otherTabs.postMessage('changed'),
  })
  const home = withBasePath('/')
  if (save.isSuccess)
    return (
      <FrontPage title="Your password is set" about="All your sessions have ended. Access tokens remain valid.">
        <Button component="a" href={home} size="md">
          Sign in
        </Button>
      </FrontPage>
    )
  const weak = isRefusal(save.error, 'weak_password') ? save.error : undefined
  return (
    <FrontPage title="Set a new password" about="The link of the e-mail can be used once." onSubmit={save.mutate}>
      <PasswordInput
        label="New password"
        description="At least 8 characters, and not your e-mail address."
        autoComplete="new-password"
        required
        autoFocus
        value={password}
        error={weak?.message}
        onChange={({ currentTarget: { value } }) => setPassword(value)}
      />
      {save.error && !weak && (
        <Alert color="red" variant="light" role="alert">
          {save.error.message}
        </Alert>
      )}
      <Button type="submit" size="md" loading={save.isPending}>
        Set password
      </Button>
      <Anchor href={home} size="sm" ta="center">
        Back to sign-in
      </Anchor>
    </FrontPage>
  )
}
