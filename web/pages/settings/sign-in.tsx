import { Stack } from '@mantine/core'
import { PasswordSignIn } from './sign-in/passwords.tsx'
import { ProviderList } from './sign-in/provider-list.tsx'

/** How users of the tenant sign in. */
export const SignInSettings = () => (
  <Stack>
    <ProviderList />
    <PasswordSignIn />
  </Stack>
)
