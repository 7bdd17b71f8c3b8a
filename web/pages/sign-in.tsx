import { Alert, Button, Checkbox, Code, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { isRefusal } from '../api/http.ts'
import { signIn } from '../api/session.ts'
import { FrontPage } from '../parts/front-page.tsx'
import { ForgotPassword } from './forgot-password.tsx'

const NOTHING = { email: '', password: '', token2fa: '', stay: true }

/** Shown instead of any page until a user is signed in. */
export default function SignIn({ onSignedIn }: { onSignedIn: () => unknown }) {
  const [entered, setEntered] = useState(NOTHING)
  const [step, setStep] = useState<'password' | 'code' | 'forgotten'>('password')
  const enter = (change: Partial<typeof entered>) => setEntered({ ...entered, ...change })
  const signingIn = useMutation({
    mutationFn: () => signIn(entered),
    onSuccess: onSignedIn,
    onError: (error) => setStep(isAboutCode(error) ? 'code' : step),
  })
  const back = () => {
    setStep('password')
    setEntered({ ...entered, password: '', token2fa: '' })
    signingIn.reset()
  }
  const problem = signingIn.isPending ? undefined : problemIn(signingIn.error)
  if (step === 'forgotten') return <ForgotPassword entered={entered.email} onBack={back} />
  return (
    <FrontPage
      title="Sign in to Muster"
      tab="Sign in"
      about={step === 'password' ? 'Software updates for your devices' : entered.email}
      onSubmit={signingIn.mutate}
    >
      {step === 'password' ? (
        <PasswordStep entered={entered} enter={enter} />
      ) : (
        <CodeStep code={entered.token2fa} problem={problem?.at_code} enter={enter} />
      )}
      {problem?.sentence && (
        <Alert color="red" variant="light" role="alert">
          {problem.sentence}
        </Alert>
      )}
      <Button type="submit" size="md" loading={signingIn.isPending}>
        Sign in
      </Button>
      {step === 'password' ? (
        <>
          <Button variant="subtle" size="compact-sm" onClick={() => setStep('forgotten')}>
            Forgot your password?
          </Button>
          <FirstTime />
        </>
      ) : (
        <Button variant="subtle" size="compact-sm" onClick={back}>
          Sign in as another user
        </Button>
      )}
    </FrontPage>
  )
}

type Entered = typeof NOTHING
type Enter = (change: Partial<Entered>) => void

function PasswordStep({ entered, enter }: { entered: Entered; enter: Enter }) {
  return (
    <Stack gap="sm">
      <TextInput
        label="E-mail address"
        type="email"
        autoComplete="username"
        required
        value={entered.email}
        onChange={({ currentTarget: { value } }) => enter({ email: value })}
      />
      <PasswordInput
        label="Password"
        autoComplete="current-password"
        required
        value={entered.password}
        onChange={({ currentTarget: { value } }) => enter({ password: value })}
      />
      <Checkbox
        mt="2xs"
        label="Stay signed in"
        checked={entered.stay}
        onChange={({ currentTarget: { checked } }) => enter({ stay: checked })}
      />
    </Stack>
  )
}

type CodeProps = { code: string; problem: string | undefined; enter: Enter }

const CodeStep = ({ code, problem, enter }: CodeProps) => (
  <TextInput
    label="Code"
    description="The six digits from your authenticator app. Lost access to it? An administrator can reset it."
    autoComplete="one-time-code"
    inputMode="numeric"
    size="md"
    maxLength={6}
    required
    autoFocus
    value={code}
    error={problem}
    onChange={({ currentTarget: { value } }) => enter({ token2fa: value.replace(/\D/g, '') })}
  />
)

const FirstTime = () => (
  <details className="help">
    <summary>Where do I find the initial password?</summary>
    <Text size="sm" c="dimmed" mt="xs">
      The server printed it with the e-mail address when it first started. If you no longer have it, create another user
      with <Code>muster user create</Code> on the server’s machine.
    </Text>
  </details>
)

const isAboutCode = (error: unknown): boolean => isRefusal(error, 'two_factor_code_needed', 'wrong_two_factor_code')

/** The error message for the user. That a code is required is not an error. */
function problemIn(error: unknown): { sentence?: string; at_code?: string } | undefined {
  if (!error) return undefined
  if (isRefusal(error, 'two_factor_code_needed')) return undefined
  if (isRefusal(error, 'wrong_two_factor_code'))
    return { at_code: 'This code is wrong or was already used. Wait for the next one.' }
  if (isRefusal(error, 'tenant_suspended'))
    return { sentence: 'Your tenant is suspended. Contact the operator of this server.' }
  if (isRefusal(error, 'wrong_credentials')) return { sentence: 'The e-mail address or password is wrong.' }
  return { sentence: (error as Error).message }
}
