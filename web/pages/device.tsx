import { Anchor, Grid, Stack } from '@mantine/core'
import { IconDevicesOff } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'wouter'
import { AUTH_STATUS_STYLES } from '../../src/texts/statuses.ts'
import { useAuthDevice, useDevice } from '../api/devices.ts'
import { isRefusal } from '../api/http.ts'
import { useRemembered } from '../api/recent.ts'
import { useMay } from '../api/session.ts'
import { DeviceUpdates } from '../parts/deploy/device-updates.tsx'
import { dialectOf, statusOf, useNameOf } from '../parts/device-facts.ts'
import { DialectChip } from '../parts/dialect-chip.tsx'
import { Empty } from '../parts/empty.tsx'
import { devicePage } from '../parts/links.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { PinNotice } from '../parts/pin/pin-notice.tsx'
import { StatusChip } from '../parts/status-chip.tsx'
import { DataAge } from '../parts/time.tsx'
import { Actions, type DeviceAction, mayAccept } from './device/actions.tsx'
import { Attributes } from './device/attributes.tsx'
import { AuthSets } from './device/auth-sets.tsx'
import { Configuration } from './device/configuration.tsx'
import { Ddi } from './device/ddi.tsx'
import { Explanations } from './device/explanations.tsx'
import { History } from './device/history.tsx'
import { State } from './device/state.tsx'
import { Summary } from './device/summary.tsx'
import { Tags } from './device/tags.tsx'

export default function Device({ id }: { id: string }) {
  const found = useDevice(id)
  const auth = useAuthDevice(id)
  const nameOf = useNameOf()
  const may = useMay()
  const [confirming, setConfirming] = useState<DeviceAction>()
  const device = found.data?.device
  const name = device && nameOf(device)
  useRemembered('device', devicePage(id), name)
  if (isRefusal(found.error, 'device_not_found')) return <DeviceNotFound />
  const status = device && statusOf(device)
  const isDdi = device !== undefined && dialectOf(device) === 'ddi'
  return (
    <Page
      title={name ?? 'Device'}
      kind="Devices"
      aside={
        <>
          {status && <StatusChip statusStyle={AUTH_STATUS_STYLES[status]} status={status} />}
          {isDdi && <DialectChip dialect="ddi" />}
          {found.dataUpdatedAt > 0 && <DataAge at={found.dataUpdatedAt} live={!found.failureReason} />}
        </>
      }
      actions={
        device && (
          <>
            <DeviceUpdates device={device} />
            {auth.data && may('devices') && (
              <Actions
                {...{ device, confirming, setConfirming }}
                authDevice={auth.data}
                hidesAccept={may('read_deployments')}
              />
            )}
          </>
        )
      }
    >
      <Loaded query={found} lines={10}>
        {({ device, etag }) => (
          <Grid gap="md">
            {may('read_deployments') && (
              <Grid.Col span={12}>
                <State
                  id={id}
                  onAccept={
                    auth.data && mayAccept(auth.data) && may('devices') ? () => setConfirming('accept') : undefined
                  }
                />
              </Grid.Col>
            )}
            <Grid.Col span={{ base: 12, lg: 7, wide: 5 }}>
              <Stack gap="md">
                {may('read_deployments') && (
                  <>
                    <PinNotice device={device} />
                    <Explanations id={id} />
                    <History id={id} />
                  </>
                )}
              </Stack>
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 5, wide: 3 }}>
              <Stack gap="md">
                <Summary device={device} />
                {isDdi ? <Ddi id={id} /> : <Configuration id={id} />}
                <Tags device={device} etag={etag} />
                <Loaded query={auth} lines={2}>
                  {(authDevice) => <AuthSets device={authDevice} />}
                </Loaded>
              </Stack>
            </Grid.Col>
            <Grid.Col span={{ base: 12, wide: 4 }}>
              <Attributes device={device} />
            </Grid.Col>
          </Grid>
        )}
      </Loaded>
    </Page>
  )
}

const DeviceNotFound = () => (
  <Page title="Device not found">
    <Empty icon={IconDevicesOff} title="This device does not exist">
      It may have been decommissioned, or your role does not include it.{' '}
      <Anchor component={Link} href="/devices" underline="always">
        View all devices
      </Anchor>
    </Empty>
  </Page>
)
