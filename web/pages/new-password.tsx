import { Anchor, Button, PasswordInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { withBasePath } from '../api/base-path.ts'
import { isRefusal } from '../api/http.ts'
import { completePasswordReset, secretOfLink } from '../api/mailed-links.ts'
import { otherTabs } from '../api/session.ts'
import { FrontForm, FrontPage } from '../parts/front-page.tsx'

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
    <FrontForm
      title="Set a new password"
      about="The link of the e-mail can be used once."
      action="Set password"
      sending={weak ? { ...save, error: null } : save}
      below={
        <Anchor href={home} size="sm" ta="center">
          Back to sign-in
        </Anchor>
      }
    >
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
    </FrontForm>
  )
}
