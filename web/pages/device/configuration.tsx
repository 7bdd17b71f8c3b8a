import { Button, Group, Stack, Text } from '@mantine/core'
import { IconPencil, IconRocket } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import {
  type DeviceConfiguration,
  deployConfiguration,
  useConfiguration,
  useConfigurationChanged,
  type Configuration as Values,
} from '../../api/configuration.ts'
import { useMay } from '../../api/session.ts'
import { Failure } from '../../parts/failure.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { Ago } from '../../parts/time.tsx'
import { ConfigurationDeployment } from './configuration/deployment.tsx'
import { ConfigurationForm } from './configuration/form.tsx'
import { ConfigurationTable } from './configuration/table.tsx'

type Editing = { values: Values; etag: string }

/** What the device is to be configured with, beside what it reports. */
export function Configuration({ id }: { id: string }) {
  const query = useConfiguration(id)
  const may = useMay()
  const [editing, setEditing] = useState<Editing>()
  const { data } = query
  return (
    <Section
      title="Configuration"
      actions={
        may('configure') &&
        data &&
        !editing && (
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconPencil size={14} aria-hidden />}
            onClick={() => setEditing({ values: firstValues(data.configuration), etag: data.etag })}
          >
            Edit configuration
          </Button>
        )
      }
    >
      <Loaded query={query} lines={3}>
        {({ configuration }) =>
          editing ? (
            <ConfigurationForm id={id} {...editing} onClose={() => setEditing(undefined)} />
          ) : (
            <Shown configuration={configuration} />
          )
        }
      </Loaded>
    </Section>
  )
}

/** A device that was never configured here keeps what it has, unless the user changes it. */
const firstValues = ({ configured, reported }: DeviceConfiguration): Values =>
  Object.keys(configured).length > 0 ? configured : reported

function Shown({ configuration }: { configuration: DeviceConfiguration }) {
  const { configured, reported, reported_ts, deployment_id } = configuration
  const isEmpty = Object.keys(configured).length === 0 && Object.keys(reported).length === 0
  return (
    <Stack gap="sm">
      {isEmpty ? <Nothing hasReported={reported_ts !== undefined} /> : <ConfigurationTable {...configuration} />}
      {reported_ts && (
        <Text size="sm" c="dimmed">
          Reported <Ago at={reported_ts} />
        </Text>
      )}
      {deployment_id && <ConfigurationDeployment id={deployment_id} />}
      <Deploy configuration={configuration} />
    </Stack>
  )
}

const Nothing = ({ hasReported }: { hasReported: boolean }) => (
  <Text size="sm" c="dimmed">
    {hasReported
      ? 'The device reports an empty configuration, and none is set for it.'
      : 'No configuration yet. A device with the add-on mender-configure applies the keys and values that you set here, and reports those that it has.'}
  </Text>
)

function Deploy({ configuration: { id, configured, deployment_id } }: { configuration: DeviceConfiguration }) {
  const may = useMay()
  const onChanged = useConfigurationChanged()
  const deploying = useMutation({ mutationFn: () => deployConfiguration(id), onSuccess: onChanged })
  const hasAny = Object.keys(configured).length > 0 || deployment_id !== undefined
  if (!may('configure') || !hasAny) return null
  return (
    <>
      {deploying.error && <Failure error={deploying.error} />}
      <Group>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRocket size={14} aria-hidden />}
          loading={deploying.isPending}
          onClick={() => deploying.mutate()}
        >
          Deploy configuration
        </Button>
      </Group>
    </>
  )
}
