import { Group, SegmentedControl, Text } from '@mantine/core'
import { useState } from 'react'
import { SERVER_URL } from '../../../api/base-path.ts'
import type { DdiSettings } from '../../../api/ddi.ts'
import { useSession } from '../../../api/session.ts'
import { Command, Copyable } from '../../../parts/copyable.tsx'
import { type ProgramName, SETTINGS_OF, type TokenKind } from '../../../parts/ddi-clients.ts'
import { Facts } from '../../../parts/facts.tsx'
import { Section } from '../../../parts/section.tsx'

const KINDS = [
  { value: 'target', label: 'Target token' },
  { value: 'gateway', label: 'Gateway token' },
]

/** What a device must be configured with. */
export function SetUpDevices({ settings }: { settings: DdiSettings }) {
  const { tenant } = useSession()
  const [program, setProgram] = useState<ProgramName>('SWUpdate')
  const [kind, setKind] = useState<TokenKind>(settings.gateway_token && !settings.target_token ? 'gateway' : 'target')
  const { file, settings: settingsFor } = SETTINGS_OF[program]
  const isOff = kind === 'target' ? !settings.target_token : !settings.gateway_token
  return (
    <Section title="Set up devices" about="Configure the client of each device with these.">
      <Facts
        of={[
          ['Server', <Copyable key="server" text={SERVER_URL} what="server" />],
          ['Tenant', <Copyable key="tenant" text={tenant.id} what="tenant" />],
          ['Tenant name', `${tenant.name}, in place of the ID if no other tenant has this name`],
          ['Controller ID', 'The name of the device, different for each: for example its serial number'],
          ['Token', 'A target token of this device, or a gateway token of the tenant'],
        ]}
      />
      <Group gap="sm">
        <SegmentedControl
          aria-label="Client"
          data={Object.keys(SETTINGS_OF)}
          value={program}
          onChange={(value) => setProgram(value as ProgramName)}
        />
        <SegmentedControl
          aria-label="Kind of token"
          data={KINDS}
          value={kind}
          onChange={(value) => setKind(value as TokenKind)}
        />
      </Group>
      <Text size="sm">
        In <span className="mono">{file}</span>:
      </Text>
      <Command
        lines={settingsFor({
          ...{ server: SERVER_URL, tenant: tenant.id, kind },
          attribute: settings.device_type_attributes[0],
        })}
        what="settings"
      />
      {isOff && (
        <Text size="sm" c="dimmed">
          {kind === 'target' ? 'Target tokens' : 'Gateway tokens'} are switched off in the settings.
        </Text>
      )}
    </Section>
  )
}
