import { Alert, Anchor, Button, Group, Text, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Link } from 'wouter'
import { explainDevice } from '../../api/deployments.ts'
import { DeviceSelect } from '../../parts/device-select.tsx'
import { Failure } from '../../parts/failure.tsx'
import { TextWithTimes } from '../../parts/time.tsx'

/** Explains why a device has or has not been offered the deployment. */
export function ExplainDevice({ id }: { id: string }) {
  const [device, setDevice] = useState('')
  const explanation = useMutation({ mutationFn: () => explainDevice(id, device) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (device !== '') explanation.mutate()
  }
  return (
    <section className="card" aria-labelledby="why-heading">
      <Title order={2} id="why-heading">
        Why is a device not updating?
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        Choose a device to see what keeps it from this deployment.
      </Text>
      <form onSubmit={submit}>
        <Group gap="sm" align="flex-end">
          <DeviceSelect label="Device" w={380} maw="100%" value={device} onChange={setDevice} />
          <Button type="submit" variant="default" loading={explanation.isPending}>
            Explain
          </Button>
        </Group>
      </form>
      <div aria-live="polite">
        {explanation.error && <Failure error={explanation.error} />}
        {explanation.data && (
          <Alert mt="sm" color="blue" variant="light" title={<TextWithTimes text={explanation.data.message} />}>
            {explanation.data.deployment_id && (
              <Anchor component={Link} href={`/deployments/${explanation.data.deployment_id}`} size="sm">
                View the other deployment
              </Anchor>
            )}
          </Alert>
        )}
      </div>
    </section>
  )
}
