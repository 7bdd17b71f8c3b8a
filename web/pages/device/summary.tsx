import { CopyButton, Group, UnstyledButton } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Device } from '../../api/devices.ts'
import { CheckIn } from '../../parts/check-in.tsx'
import { attributeOf } from '../../parts/device-facts.ts'
import { Facts } from '../../parts/facts.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'

/** A controller ID is shown with what else belongs to DDI. */
const NO_IDENTITY = ['id', 'status', 'hawkbit_id']

/** The main facts about a device. */
export function Summary({ device }: { device: Device }) {
  const identity = device.attributes.filter(({ scope, name }) => scope === 'identity' && !NO_IDENTITY.includes(name))
  const created = attributeOf(device, 'system', 'created_ts')
  const facts: [string, ReactNode][] = [
    ...identity.map(({ name, value }): [string, ReactNode] => [name, <Copyable key={name} text={String(value)} />]),
    ['Device ID', <Copyable key="id" text={device.id} />],
    ['Device type', attributeOf(device, 'inventory', 'device_type') ?? 'not reported'],
    ['Software', attributeOf(device, 'inventory', 'artifact_name') ?? 'not reported'],
    ['Group', attributeOf(device, 'system', 'group') ?? 'none'],
    ['Last check-in', <CheckIn key="check-in" device={device} />],
    ['First seen', created && <Time key="created" at={created} />],
  ]
  return (
    <Section title="Device">
      <Facts of={facts} />
    </Section>
  )
}

/** Text that is copied on click. `children`: a more readable form. */
export function Copyable({ text, children = text }: { text: string; children?: ReactNode }) {
  return (
    <CopyButton value={text} timeout={1500}>
      {({ copied, copy }) => (
        <UnstyledButton onClick={copy} className="copyable" title={copied ? 'Copied' : 'Copy'}>
          <Group gap="xs" wrap="nowrap" align="center" component="span">
            <span className="mono">{children}</span>
            {copied ? <IconCheck size={14} aria-label="Copied" /> : <IconCopy size={14} aria-hidden />}
          </Group>
        </UnstyledButton>
      )}
    </CopyButton>
  )
}
