import { Button, Checkbox, Code, Divider, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { signInProblem } from '../../src/texts/sign-in.ts'
import { isRefusal } from '../api/http.ts'
import { signIn } from '../api/session.ts'
import { signInFailure, useSignInOptions } from '../api/sign-in.ts'
import { FrontPage } from '../parts/front-page.tsx'
import { Opening } from '../parts/opening.tsx'
import { Problem } from '../parts/problem.tsx'
import { ForgotPassword } from './forgot-password.tsx'
import { Providers } from './sign-in/providers.tsx'

const NOTHING = { email: '', password: '', token2fa: '', stay: true }

/** Shown instead of any page until a user is signed in. */
export default function SignIn({ onSignedIn }: { onSignedIn: () => unknown }) {
  const [entered, setEntered] = useState(NOTHING)
  const [step, setStep] = useState<'password' | 'code' | 'forgotten'>('password')
  const [asks_password, setAsksPassword] = useState(false)
  const options = useSignInOptions()
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
  if (options.isPending) return <Opening />
  if (step === 'forgotten') return <ForgotPassword entered={entered.email} onBack={back} />
  const { providers = [], password = true } = options.data ?? {}
  const shows_form = password || asks_password
  return (
    <FrontPage
      title="Sign in to Muster"
      tab="Sign in"
      about={step === 'password' ? 'Software updates for your devices' : entered.email}
      onSubmit={signingIn.mutate}
    >
      {step === 'password' && <ProviderFailure />}
      {step === 'password' && providers.length > 0 && (
        <>
          <Providers providers={providers} stay={entered.stay} />
          {shows_form && <Divider label="or with a password" />}
        </>
      )}
      {step === 'password' ? (
        <PasswordStep entered={entered} enter={enter} shows_form={shows_form} />
      ) : (
        <CodeStep code={entered.token2fa} problem={problem?.at_code} enter={enter} />
      )}
      <Problem>{problem?.sentence}</Problem>
      {shows_form ? (
        <Button type="submit" size="md" loading={signingIn.isPending}>
          Sign in
        </Button>
      ) : (
        <Button variant="subtle" size="compact-sm" onClick={() => setAsksPassword(true)}>
          Use a password
        </Button>
      )}
      {step === 'password' ? (
        shows_form && <Help onForgotten={() => setStep('forgotten')} />
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

/** Why the sign-in by a provider failed from which the browser has just come back. */
function ProviderFailure() {
  const failure = signInFailure()
  return <Problem>{failure ? signInProblem(failure) : undefined}</Problem>
}

/** `shows_form`: otherwise only what also concerns the providers. */
function PasswordStep({ entered, enter, shows_form }: { entered: Entered; enter: Enter; shows_form: boolean }) {
  return (
    <Stack gap="sm">
      {shows_form && (
        <>
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
        </>
      )}
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

const Help = ({ onForgotten }: { onForgotten: () => void }) => (
  <>
    <Button variant="subtle" size="compact-sm" onClick={onForgotten}>
      Forgot your password?
    </Button>
    <FirstTime />
  </>
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
