import { Button, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { startPasswordReset } from '../api/mailed-links.ts'
import { FrontForm, FrontPage } from '../parts/front-page.tsx'

type Props = { entered: string; onBack: () => void }

/** Sends a link for a new password. `entered`: the address of the sign-in form. */
export function ForgotPassword({ entered, onBack }: Props) {
  const [email, setEmail] = useState(entered)
  const start = useMutation({ mutationFn: () => startPasswordReset(email.trim()) })
  const back = (
    <Button variant="subtle" size="compact-sm" onClick={onBack}>
      Back to sign-in
    </Button>
  )
  if (start.isSuccess)
    return (
      <FrontPage title="Look into your mailbox" about={email}>
        <Text size="sm">
          If there is a user with this address, an e-mail with a link is on its way. The link is valid for an hour.
        </Text>
        {back}
      </FrontPage>
    )
  return (
    <FrontForm
      title="Forgot your password?"
      about="Get a link by e-mail that sets a new one."
      action="Send link"
      sending={start}
      below={back}
    >
      <TextInput
        label="E-mail address"
        type="email"
        autoComplete="username"
        required
        autoFocus
        value={email}
        onChange={({ currentTarget: { value } }) => setEmail(value)}
      />
    </FrontForm>
  )
}
