import { Progress, Stack, Text } from '@mantine/core'
import { counted, whole } from '../../../src/texts/numbers.ts'
import { useSession } from '../../api/session.ts'
import { useAcceptedDevices, useTenant } from '../../api/tenant.ts'
import { CopyText } from '../../parts/copy-text.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'

const PLANS = { os: 'Open Source', professional: 'Professional', enterprise: 'Enterprise' }

export function TenantInfo() {
  const tenant = useTenant()
  const { plan } = useSession()
  const accepted = useAcceptedDevices()
  return (
    <Loaded query={tenant}>
      {({ id, name, trial, created_ts, max_devices, tenant_token }) => (
        <Stack>
          <Section
            title="Tenant"
            about="Tenants cannot see each other. Plan and limit are changed on the server, with muster tenant."
          >
            <Facts
              of={[
                ['Name', name],
                [
                  'Id',
                  <span key="id" className="mono">
                    {id}
                  </span>,
                ],
                ['Plan', `${PLANS[plan]}${trial ? ' (trial)' : ''}`],
                ['Created', <Time key="created" at={created_ts} />],
                [
                  'Devices',
                  accepted === undefined && max_devices < 0 ? 'no limit' : devicesText(accepted, max_devices),
                ],
              ]}
            />
            {accepted !== undefined && max_devices > 0 && (
              <Progress value={(100 * accepted) / max_devices} maw={400} aria-label="Devices accepted of the limit" />
            )}
          </Section>
          <Section
            title="Token for devices"
            about="Devices send it to say to which tenant they belong. It lets nobody in by itself: each device still has to be accepted."
          >
            <CopyText text={tenant_token} label="Tenant token" />
            <Text size="sm" c="dimmed">
              In Mender’s mender.conf it is <span className="mono">TenantToken</span>.
            </Text>
          </Section>
        </Stack>
      )}
    </Loaded>
  )
}

/** Whoever sees some groups only is told of those. */
function devicesText(accepted: number | undefined, max_devices: number): string {
  const limit = max_devices < 0 ? 'no limit' : `at most ${whole(max_devices)}`
  return accepted === undefined ? limit : `${counted(accepted, 'device')} accepted, ${limit}`
}
