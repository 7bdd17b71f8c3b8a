import { Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { counted } from '../../../src/texts/numbers.ts'
import { withTimes } from '../../../src/texts/times.ts'
import type { Attribute, Device } from '../../api/devices.ts'
import { attributeOf } from '../../parts/device-facts.ts'
import { Section } from '../../parts/section.tsx'
import { Ago } from '../../parts/time.tsx'
import { Copyable } from './summary.tsx'

const SCOPES = [
  { scope: 'identity', label: 'Identity', says: 'identifies the device permanently' },
  { scope: 'inventory', label: 'Inventory', says: 'reported by the device' },
  { scope: 'tags', label: 'Tags', says: 'set by users' },
  { scope: 'system', label: 'System', says: 'maintained by the server' },
  { scope: 'monitor', label: 'Monitor', says: 'for monitoring' },
]

const text = ({ value }: Attribute) => [value].flat().join(', ')

/** Times that the server keeps are shown as all others are. */
const shown = (attribute: Attribute) => (attribute.scope === 'system' ? withTimes(text(attribute)) : text(attribute))

/** All that is known of the device, by who says so. */
export function Attributes({ device }: { device: Device }) {
  const [wanted, setWanted] = useState('')
  const needle = wanted.trim().toLowerCase()
  const found = device.attributes.filter((one) => `${one.name} ${shown(one)}`.toLowerCase().includes(needle))
  const updated = attributeOf(device, 'system', 'updated_ts')
  return (
    <Section
      title="Attributes"
      actions={
        updated && (
          <Text size="sm" c="dimmed">
            Updated <Ago at={updated} />
          </Text>
        )
      }
    >
      <Group gap="sm">
        <TextInput
          className="grow"
          aria-label="Search attributes"
          placeholder="Search by name or value"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
        <Text size="sm" c="dimmed" role="status">
          {counted(found.length, 'attribute')}
        </Text>
      </Group>
      <div className="scopes">
        {SCOPES.map(({ scope, ...words }) => (
          <Scope key={scope} {...words} attributes={found.filter((one) => one.scope === scope)} />
        ))}
      </div>
    </Section>
  )
}

function Scope({ label, says, attributes }: { label: string; says: string; attributes: Attribute[] }) {
  if (attributes.length === 0) return null
  const sorted = attributes.toSorted((a, b) => a.name.localeCompare(b.name))
  return (
    <Stack gap="xs">
      <Title order={3} size="sm">
        {label}{' '}
        <Text span size="sm" c="dimmed" fw={400}>
          {says}
        </Text>
      </Title>
      <dl className="facts">
        {sorted.map((one) => (
          <AttributeLine key={one.name} attribute={one} />
        ))}
      </dl>
    </Stack>
  )
}

const AttributeLine = ({ attribute }: { attribute: Attribute }) => (
  <>
    <Text component="dt" size="sm" c="dimmed" className="anywhere" title={attribute.description}>
      {attribute.name}
    </Text>
    <Text component="dd" size="sm">
      <Copyable text={text(attribute)} shown={shown(attribute)} />
    </Text>
  </>
)
