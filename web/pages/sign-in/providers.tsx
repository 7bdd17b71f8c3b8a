import { Button, Stack } from '@mantine/core'
import { useEffect, useState } from 'react'
import { leaveFor, type SignInOptions } from '../../api/sign-in.ts'

type Props = { providers: SignInOptions['providers']; stay: boolean }

/** A button for each provider. The pressed one is busy until the browser has left. */
export function Providers({ providers, stay }: Props) {
  const [leaving, setLeaving] = useState<string>()
  // The browser may show this page again as it was, when the user goes back.
  useEffect(() => {
    const reset = () => setLeaving(undefined)
    addEventListener('pageshow', reset)
    return () => removeEventListener('pageshow', reset)
  }, [])
  const leave = ({ id, url }: Props['providers'][number]) => {
    setLeaving(id)
    leaveFor(url, stay)
  }
  return (
    <Stack gap="xs">
      {providers.map((provider) => (
        <Button
          key={provider.id}
          size="md"
          variant="default"
          loading={leaving === provider.id}
          disabled={leaving !== undefined && leaving !== provider.id}
          onClick={() => leave(provider)}
        >
          Sign in with {provider.name}
        </Button>
      ))}
    </Stack>
  )
}
