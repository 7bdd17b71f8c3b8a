import { Button, Group, Image, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useSession } from '../../api/session.ts'
import { disableTwoFactor, enableTwoFactor, useTwoFactorQr, useUsersChanged, verifyTwoFactor } from '../../api/users.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Failure } from '../../parts/failure.tsx'
import { errorsOf } from '../../parts/field-errors.ts'
import { Form } from '../../parts/form.tsx'
import { Section } from '../../parts/section.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'

const STATUS_STYLES = {
  enabled: { label: 'On', color: 'teal', description: 'a code is required to sign in' },
  unverified: { label: 'Not finished', color: 'yellow', description: 'enter a code to finish setting it up' },
  disabled: { label: 'Off', color: 'gray', description: 'only the password is required to sign in' },
}

export function TwoFactor() {
  const { tfa_status } = useSession().user
  return (
    <Section
      title="Two-factor authentication"
      about="Requires a code from an authenticator app in addition to your password."
      actions={<StatusChip statusStyle={STATUS_STYLES[tfa_status]} status={tfa_status} />}
    >
      {tfa_status === 'disabled' && <SetUp />}
      {tfa_status === 'unverified' && <Verify />}
      {tfa_status === 'enabled' && <TurnOff />}
    </Section>
  )
}

function SetUp() {
  const enable = useMutation({ mutationFn: enableTwoFactor, onSuccess: useUsersChanged() })
  return (
    <Stack align="flex-start">
      {enable.error && <Failure error={enable.error} />}
      <Button loading={enable.isPending} onClick={() => enable.mutate()}>
        Set up two-factor authentication
      </Button>
    </Stack>
  )
}

function Verify() {
  const onChanged = useUsersChanged()
  const qr = useTwoFactorQr()
  const [code, setCode] = useState('')
  const verify = useMutation({
    mutationFn: () => verifyTwoFactor(code),
    onSuccess: () => {
      notifications.show({ message: 'Two-factor authentication is on. Your next sign-in requires a code.' })
      return onChanged()
    },
  })
  const cancel = useMutation({ mutationFn: () => disableTwoFactor(), onSuccess: onChanged })
  const errors = errorsOf(verify.error, { code: 'token2fa' })
  return (
    <Group align="flex-start" gap="xl">
      <Stack gap="xs">
        <Text size="sm">1. Scan this QR code with your authenticator app.</Text>
        {qr.error && <Failure error={qr.error} onRetry={qr.refetch} />}
        {qr.data ? (
          <Image src={qr.data} w={200} h={200} className="qr" alt="QR code for your authenticator app" />
        ) : (
          <Skeleton w={200} h={200} />
        )}
      </Stack>
      <Stack gap="xs" flex="1 1 14rem" maw="22rem">
        <Text size="sm">2. Enter the code from the app.</Text>
        <Form
          action="Turn on"
          problem={errors.form ?? (cancel.error ? cancel.error.message : undefined)}
          is_pending={verify.isPending}
          onSubmit={verify.mutate}
          onCancel={() => cancel.mutate()}
        >
          <TextInput
            label="Code"
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={6}
            required
            value={code}
            error={errors.code}
            onChange={({ currentTarget: { value } }) => setCode(value.replace(/\D/g, ''))}
          />
        </Form>
      </Stack>
    </Group>
  )
}

function TurnOff() {
  const [confirming, setConfirming] = useState(false)
  const onChanged = useUsersChanged()
  return (
    <>
      <Group>
        <Button variant="default" onClick={() => setConfirming(true)}>
          Turn off
        </Button>
      </Group>
      {confirming && (
        <Confirm
          title="Turn off two-factor authentication?"
          action="Turn off"
          onConfirm={() => disableTwoFactor().then(onChanged)}
          onClose={() => setConfirming(false)}
        >
          <Text size="sm">Signing in will then require your password only.</Text>
        </Confirm>
      )}
    </>
  )
}
