import { Anchor, Input, MultiSelect, SegmentedControl, Select, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { Link } from 'wouter'
import { termText } from '../../../src/texts/terms.ts'
import { useMay, useSession } from '../../api/session.ts'
import { useDeviceNames, useDeviceSearch, useGroups, useSavedFilters } from '../../api/targets.ts'
import { nameOf } from '../../parts/device-facts.ts'
import type { TargetDraft, TargetKind } from './draft.ts'

type Props = { value: TargetDraft; error: string | undefined; onChange: (target: TargetDraft) => void }

/** Why a kind of target cannot be had; undefined: it can. */
export function useClosedKinds(): Record<TargetKind, string | undefined> {
  const { features, plan } = useSession()
  const may = useMay()
  // Only who deploys to all groups may also save filters.
  const limited = may('filters') ? undefined : 'Your role deploys to some groups, or to one device of them.'
  return {
    filter: features.dynamic_deployments ? limited : `Deploying to a filter is not in your plan (${plan}).`,
    ...{ group: undefined, devices: undefined, all: limited },
  }
}

/** Who gets it. */
export function TargetPicker({ value, error, onChange }: Props) {
  const closed = useClosedKinds()
  const reasons = [...new Set([closed.filter, closed.all].filter((reason) => reason !== undefined))]
  return (
    <Stack gap="xs">
      <Input.Wrapper label="Who gets it" labelElement="div" required error={value.kind === 'all' ? error : undefined}>
        <SegmentedControl
          fullWidth
          mt={4}
          aria-label="Who gets it"
          data={[
            ...[{ value: 'filter', label: 'Filter', disabled: closed.filter !== undefined }],
            ...[
              { value: 'group', label: 'Group' },
              { value: 'devices', label: 'Devices' },
            ],
            { value: 'all', label: 'All', disabled: closed.all !== undefined },
          ]}
          value={value.kind}
          onChange={(kind) => onChange({ ...value, kind: kind as TargetKind })}
        />
        {reasons.map((reason) => (
          <Text key={reason} size="xs" c="dimmed" mt={4}>
            {reason}
          </Text>
        ))}
      </Input.Wrapper>
      {value.kind === 'filter' && <FilterPicker {...{ value, error, onChange }} />}
      {value.kind === 'group' && <GroupPicker {...{ value, error, onChange }} />}
      {value.kind === 'devices' && <DevicePicker {...{ value, error, onChange }} />}
      {value.kind === 'all' && <Text size="sm">Every device that is accepted now; none that comes later.</Text>}
    </Stack>
  )
}

function FilterPicker({ value, error, onChange }: Props) {
  const { data } = useSavedFilters({ enabled: true })
  const chosen = data?.rows.find(({ id }) => id === value.filter_id)
  return (
    <Select
      label="Saved filter"
      placeholder="Choose a filter"
      searchable
      data={data?.rows.map(({ id, name }) => ({ value: id, label: name })) ?? []}
      value={value.filter_id || null}
      onChange={(filter_id) => onChange({ ...value, filter_id: filter_id ?? '' })}
      nothingFoundMessage="No filter has this name"
      error={error}
      description={
        chosen ? (
          `${chosen.terms.map(termText).join(' and ') || 'every accepted device'}. Devices that match later get it, too.`
        ) : (
          <>
            Devices that match now or later.{' '}
            <Anchor component={Link} href="/devices" inherit underline="always">
              Make a filter
            </Anchor>
          </>
        )
      }
    />
  )
}

function GroupPicker({ value, error, onChange }: Props) {
  const { data } = useGroups({ enabled: true })
  return (
    <Select
      label="Group"
      placeholder="Choose a group"
      searchable
      data={data ?? []}
      value={value.group || null}
      onChange={(group) => onChange({ ...value, group: group ?? '' })}
      nothingFoundMessage={data?.length === 0 ? 'No group has accepted devices' : 'No group has this name'}
      description="Its accepted devices as they are at creation; none that joins later."
      error={error}
    />
  )
}

function DevicePicker({ value, error, onChange }: Props) {
  const [search, setSearch] = useState('')
  const [text] = useDebouncedValue(search, 250)
  const found = useDeviceSearch(text)
  const names = useDeviceNames(value.devices)
  const options = new Map(value.devices.map((id) => [id, names.data?.get(id) ?? (names.isPending ? '…' : id)]))
  for (const device of found.data?.rows ?? []) options.set(device.id, nameOf(device))
  return (
    <MultiSelect
      label="Devices"
      placeholder="Search by name, ID or any attribute"
      searchable
      data={[...options].map(([id, label]) => ({ value: id, label }))}
      filter={({ options }) => options}
      value={value.devices}
      onChange={(devices) => onChange({ ...value, devices })}
      searchValue={search}
      onSearchChange={setSearch}
      nothingFoundMessage="No accepted device has this"
      description="These devices, and no others."
      error={error}
    />
  )
}
