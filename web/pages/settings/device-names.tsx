import { Group, Select, Stack, Text } from '@mantine/core'
import { deviceName } from '../../../src/texts/device-names.ts'
import { type Term, useDeviceSearch, useKnownAttributes } from '../../api/filters.ts'
import { problemOf } from '../../api/http.ts'
import { useMay, useSession } from '../../api/session.ts'
import { type DeviceNaming, useChangeNaming } from '../../api/settings.ts'
import { notLoaded } from '../../parts/choices.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Problem } from '../../parts/problem.tsx'
import { Section } from '../../parts/section.tsx'

const DEFAULT = { value: '', label: 'Default: tag “name”, else the identity' }
const ID = { value: 'identity/id', label: 'Device ID' }
const EXAMPLES = 5

const keyOf = (naming: DeviceNaming | undefined): string => (naming ? `${naming.scope}/${naming.attribute}` : '')

function namingOf(key: string): DeviceNaming | undefined {
  const [, scope, attribute] = /^([^/]+)\/(.+)$/s.exec(key) ?? []
  return scope && attribute ? { scope, attribute } : undefined
}

/** Devices whose names show the choice. */
function havingName(key: string): Term[] {
  const naming = namingOf(key)
  return naming && key !== ID.value ? [{ ...naming, type: '$exists', value: true }] : []
}

/** What devices are called on all pages, for all users. */
export function DeviceNames() {
  const { device_naming } = useSession()
  const may_change = useMay()('deployments')
  const { data: known = [], error: failure } = useKnownAttributes()
  const change = useChangeNaming()
  const chosen = keyOf(device_naming)
  const keys = known.map(({ scope, name }) => `${scope}/${name}`)
  const others = [...new Set([...(chosen && chosen !== ID.value ? [chosen] : []), ...keys])]
  const shown = change.isPending ? keyOf(change.variables) : chosen
  const examples = useDeviceSearch({ filters: havingName(shown), per_page: EXAMPLES })
  return (
    <Section
      title="Devices are called by"
      about="The attribute that names devices on all pages, for all users of the tenant, also in Mender’s web GUI. A device without it is called by its tag “name”, its identity or its ID."
    >
      <Stack gap="sm" maw="34rem">
        <Select
          label="Attribute"
          data={[DEFAULT, ID, ...others.map((key) => ({ value: key, label: key }))]}
          value={shown}
          searchable
          allowDeselect={false}
          disabled={!may_change || change.isPending}
          nothingFoundMessage="No device has such an attribute"
          error={notLoaded(failure)}
          onChange={(key) => key !== null && change.mutate(namingOf(key))}
        />
        <Problem>{change.error ? problemOf(change.error).sentence : undefined}</Problem>
        <Loaded query={examples} lines={1}>
          {({ rows }) =>
            rows.length > 0 && (
              <Group gap="xs" aria-live="polite">
                <Text size="sm" c="dimmed">
                  For example:
                </Text>
                {rows.map((device) => (
                  <Text key={device.id} size="sm" fw={550} className="break-anywhere">
                    {deviceName(device, namingOf(shown))}
                  </Text>
                ))}
              </Group>
            )
          }
        </Loaded>
      </Stack>
    </Section>
  )
}
