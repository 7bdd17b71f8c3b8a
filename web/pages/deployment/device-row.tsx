import { ActionIcon, Anchor, Box, Code, Skeleton, Stack, Table, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import { type ReactNode, useId } from 'react'
import { Link } from 'wouter'
import { minutesText } from '../../../src/texts/gates.ts'
import { bytes } from '../../../src/texts/numbers.ts'
import { DEVICE_STATUS_STYLES } from '../../../src/texts/statuses.ts'
import { type Deployment, type DeviceItem, useDeviceLog } from '../../api/deployments.ts'
import { Copyable } from '../../parts/copyable.tsx'
import { Facts } from '../../parts/facts.tsx'
import { devicePage } from '../../parts/links.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Ago, Time, useNow } from '../../parts/time.tsx'
import { ContinueDevice } from './continue-device.tsx'

type Props = {
  device: DeviceItem
  deployment: Deployment
  /** undefined until it is known. */
  name: string | undefined
}

/** A device of the deployment, expandable to show its details and its log. */
export function DeviceRow({ device, deployment, name }: Props) {
  const [isOpen, { toggle }] = useDisclosure()
  const details = useId()
  const { id, attempts, retries, started, finished } = device
  return (
    <>
      <Table.Tr>
        <Table.Td>
          {name === undefined ? (
            <Skeleton height={14} w={160} maw="100%" aria-busy="true" />
          ) : (
            <Anchor component={Link} href={devicePage(id)} size="sm" className="break-anywhere">
              {name}
            </Anchor>
          )}
          <Box hiddenFrom="sm" mt="2xs">
            <Status device={device} deployment={deployment} />
          </Box>
        </Table.Td>
        <Table.Td visibleFrom="sm">
          <Status device={device} deployment={deployment} />
        </Table.Td>
        <Table.Td visibleFrom="md" className="numbers">
          {attempts} of {retries + 1}
        </Table.Td>
        <Table.Td visibleFrom="lg">{started && <Ago at={started} />}</Table.Td>
        <Table.Td visibleFrom="md">{finished && <Ago at={finished} />}</Table.Td>
        <Table.Td px="2xs">
          <ActionIcon
            variant="subtle"
            color="gray"
            size="md"
            aria-label={`Details of ${name ?? id}`}
            aria-expanded={isOpen}
            aria-controls={details}
            onClick={toggle}
          >
            {isOpen ? <IconChevronUp size={18} aria-hidden /> : <IconChevronDown size={18} aria-hidden />}
          </ActionIcon>
        </Table.Td>
      </Table.Tr>
      {isOpen && (
        <Table.Tr id={details}>
          <Table.Td colSpan={6}>
            <Details device={device} deployment_id={deployment.id} />
          </Table.Td>
        </Table.Tr>
      )}
    </>
  )
}

function Status({ device, deployment }: Omit<Props, 'name'>) {
  const { status, substate } = device
  const late = lateText(device, { policy: deployment.failure_policy, now: useNow(10_000) })
  return (
    <>
      <StatusChip
        statusStyle={DEVICE_STATUS_STYLES[status as keyof typeof DEVICE_STATUS_STYLES]}
        status={String(status)}
      />
      {substate && (
        <Text size="xs" c="dimmed" className="break-anywhere">
          {substate}
        </Text>
      )}
      {late && (
        <Text size="xs" className="late">
          {late}
        </Text>
      )}
    </>
  )
}

type Limit = { policy: Deployment['failure_policy']; now: number }

/** How long a device has not ended, if that is longer than usual, or whether it is to be confirmed. */
function lateText(device: DeviceItem, { policy, now }: Limit): ReactNode {
  const { started, created, finished, timed_out, confirmation } = device
  if (confirmation === 'awaited') return 'to be confirmed by its next poll'
  if (confirmation === 'missed') return 'not confirmed in time'
  if (timed_out && !finished)
    return (
      <>
        timed out <Ago at={timed_out} />
      </>
    )
  const minutes = Math.floor((now - Date.parse(started ?? created)) / 60_000)
  if (finished || minutes < Math.max(60, policy?.timeout_minutes ?? 0)) return undefined
  return `not ended for ${minutesText(minutes - (minutes % 60))}`
}

function Details({ device, deployment_id }: { device: DeviceItem; deployment_id: string }) {
  const { id, status, attempts, retries, created, started, finished, device_type, image, log } = device
  const { deadline, timed_out } = device
  return (
    <Stack gap="sm" pb="xs">
      <Facts
        of={[
          ['Device ID', <Copyable key="id" text={id} what="device ID" />],
          ['Status', DEVICE_STATUS_STYLES[status as keyof typeof DEVICE_STATUS_STYLES]?.description],
          ['Attempt', `${attempts} of ${retries + 1}`],
          ['Assigned', <Time key="created" at={created} />],
          ['Started', started && <Time key="started" at={started} />],
          ['Finished', finished && <Time key="finished" at={finished} />],
          ['Deadline', deadline && <Time key="deadline" at={deadline} />],
          ['Timed out', timed_out && <Time key="timed_out" at={timed_out} />],
          ['Device type', device_type],
          ['Artifact', image && `${image.name}, ${bytes(image.size)}`],
          ['Log', log ? undefined : 'none received'],
        ]}
      />
      {String(status).startsWith('pause_') && (
        <ContinueDevice key={status} deployment_id={deployment_id} device_id={id} />
      )}
      {log && <Log deployment_id={deployment_id} device_id={id} />}
    </Stack>
  )
}

function Log({ deployment_id, device_id }: { deployment_id: string; device_id: string }) {
  const query = useDeviceLog(deployment_id, device_id)
  return (
    <Loaded query={query} lines={2}>
      {(text) => (
        <Code block className="log" tabIndex={0} role="region" aria-label="Log">
          {text}
        </Code>
      )}
    </Loaded>
  )
}
