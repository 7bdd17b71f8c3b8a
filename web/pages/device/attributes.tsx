import { Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { counted } from '../../../src/texts/numbers.ts'
import type { Attribute, Device } from '../../api/devices.ts'
import { attributeOf } from '../../parts/device-facts.ts'
import { Section } from '../../parts/section.tsx'
import { Ago, TextWithTimes } from '../../parts/time.tsx'
import { withTimes } from '../../parts/zone.ts'
import { Copyable } from './summary.tsx'

const SCOPES = [
  { scope: 'identity', label: 'Identity', description: 'identifies the device permanently' },
  { scope: 'inventory', label: 'Inventory', description: 'reported by the device' },
  { scope: 'tags', label: 'Tags', description: 'set by users' },
  { scope: 'system', label: 'System', description: 'maintained by the server' },
  { scope: 'monitor', label: 'Monitor', description: 'for monitoring' },
]

const text = ({ value }: Attribute) => [value].flat().join(', ')

/** System attributes may contain timestamps, which are shown, and found, like other times. */
const searched = (attribute: Attribute) => (attribute.scope === 'system' ? withTimes(text(attribute)) : text(attribute))

/** All attributes of the device by scope. */
export function Attributes({ device }: { device: Device }) {
  const [search, setSearch] = useState('')
  const needle = search.trim().toLowerCase()
  const found = device.attributes.filter((one) => `${one.name} ${searched(one)}`.toLowerCase().includes(needle))
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
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <Text size="sm" c="dimmed" role="status">
          {counted(found.length, 'attribute')}
        </Text>
      </Group>
      <div className="scopes">
        {SCOPES.map(({ scope, ...texts }) => (
          <Scope key={scope} {...texts} attributes={found.filter((one) => one.scope === scope)} />
        ))}
      </div>
    </Section>
  )
}

type ScopeProps = { label: string; description: string; attributes: Attribute[] }

function Scope({ label, description, attributes }: ScopeProps) {
  if (attributes.length === 0) return null
  const sorted = attributes.toSorted((a, b) => a.name.localeCompare(b.name))
  return (
    <Stack gap="xs">
      <Title order={3} size="sm">
        {label}{' '}
        <Text span size="sm" c="dimmed" fw={400}>
          {description}
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
    <Text component="dt" size="sm" c="dimmed" className="break-anywhere" title={attribute.description}>
      {attribute.name}
    </Text>
    <Text component="dd" size="sm">
      <Copyable text={text(attribute)}>
        {attribute.scope === 'system' ? <TextWithTimes text={text(attribute)} /> : text(attribute)}
      </Copyable>
    </Text>
  </>
)
