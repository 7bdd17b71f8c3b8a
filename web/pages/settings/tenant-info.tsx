import { Progress, Text } from '@mantine/core'
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
        <div className="cards">
          <Section
            title="Tenant"
            about="Tenants cannot see each other. To change plan or device limit, run muster tenant on the server."
          >
            <Facts
              of={[
                ['Name', name],
                [
                  'ID',
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
            title="Tenant token"
            about="Devices send it to identify their tenant. It does not grant access: devices must still be accepted."
          >
            <CopyText text={tenant_token} label="Tenant token" />
            <Text size="sm" c="dimmed">
              Set it as <span className="mono">TenantToken</span> in mender.conf.
            </Text>
          </Section>
        </div>
      )}
    </Loaded>
  )
}

/** Users who may see only some groups get the count for those. */
function devicesText(accepted: number | undefined, max_devices: number): string {
  const limit = max_devices < 0 ? 'no limit' : `at most ${whole(max_devices)}`
  return accepted === undefined ? limit : `${counted(accepted, 'device')} accepted, ${limit}`
}
