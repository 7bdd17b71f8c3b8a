import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useSession } from '../../../api/session.ts'
import { checkProvider, type Provider, type ProviderCheck } from '../../../api/sign-in.ts'
import { CopyText } from '../../../parts/copy-text.tsx'
import { Failure } from '../../../parts/failure.tsx'
import { Section } from '../../../parts/section.tsx'

type Addresses = Pick<Provider, 'redirect_uri' | 'post_logout_redirect_uri' | 'backchannel_logout_uri'>

/** What is to be registered at a provider, and whether it responds. */
export function ProviderDetails({ provider }: { provider: Provider }) {
  const { tenant } = useSession()
  const check = useMutation({ mutationFn: () => checkProvider(provider.id) })
  return (
    <Section
      title={`Connect ${provider.name}`}
      about="Register these addresses at the provider, for the client with the ID that you have entered here."
      actions={
        <Button variant="default" loading={check.isPending} onClick={() => check.mutate()}>
          Check provider
        </Button>
      }
    >
      <Stack>
        {check.error && <Failure error={check.error} />}
        {check.data && <Result check={check.data} />}
        <AddressList addresses={provider} />
        <Labeled label="Sign-in page of this tenant, where the button is">
          <CopyText
            label="Sign-in page of this tenant"
            text={`${provider.post_logout_redirect_uri}?tenant=${tenant.id}`}
          />
        </Labeled>
      </Stack>
    </Section>
  )
}

const Result = ({ check: { works, problem, signs_out, logs_out } }: { check: ProviderCheck }) => (
  <Alert color={works ? 'teal' : 'red'} variant="light" role="status">
    {works
      ? `The provider responds as it should. ${signs_out ? 'It offers' : 'It does not offer'} to end its own session at the sign-out. ${logs_out ? 'It says' : 'It does not say'} that it reports sessions that have ended. Only a sign-in shows whether the client and its secret are right.`
      : problem}
  </Alert>
)

const ADDRESSES: Readonly<Record<keyof Addresses, string>> = {
  redirect_uri: 'Redirect URI',
  post_logout_redirect_uri: 'Post-logout redirect URI',
  backchannel_logout_uri: 'Back-channel logout URI',
}

export const AddressList = ({ addresses }: { addresses: Addresses }) =>
  (Object.keys(ADDRESSES) as (keyof Addresses)[]).map((name) => (
    <Labeled key={name} label={ADDRESSES[name]}>
      <CopyText label={ADDRESSES[name]} text={addresses[name]} />
    </Labeled>
  ))

const Labeled = ({ label, children }: { label: string; children: ReactNode }) => (
  <Stack gap="2xs">
    <Text size="sm" fw={500}>
      {label}
    </Text>
    <Group>{children}</Group>
  </Stack>
)
