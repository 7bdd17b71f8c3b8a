import { Anchor, Input, SegmentedControl, Select, Stack, Text } from '@mantine/core'
import { Link } from 'wouter'
import { termText } from '../../../src/texts/terms.ts'
import { useMay, useSession } from '../../api/session.ts'
import { useGroups, useSavedFilters } from '../../api/targets.ts'
import { notFound, notLoaded } from '../../parts/choices.ts'
import { DevicePicker } from '../../parts/device-picker.tsx'
import type { TargetDraft, TargetKind } from './draft.ts'

type Props = { value: TargetDraft; error: string | undefined; onChange: (target: TargetDraft) => void }

/** Why a kind of target is not available; undefined: it is. */
export function useUnavailableKinds(): Record<TargetKind, string | undefined> {
  const { features, plan } = useSession()
  const may = useMay()
  // Only users who may deploy to all groups may also save filters.
  const limited = may('filters') ? undefined : 'Your role can deploy to certain groups, or to one device in them.'
  return {
    filter: features.dynamic_deployments ? limited : `Your plan (${plan}) does not include deployments to a filter.`,
    ...{ group: undefined, devices: undefined, all: limited },
  }
}

/** Chooses the target devices. */
export function TargetPicker({ value, error, onChange }: Props) {
  const unavailable = useUnavailableKinds()
  const reasons = [...new Set([unavailable.filter, unavailable.all].filter((reason) => reason !== undefined))]
  return (
    <Stack gap="xs">
      <Input.Wrapper
        label="Target devices"
        labelElement="div"
        required
        error={value.kind === 'all' ? error : undefined}
      >
        <SegmentedControl
          fullWidth
          mt="2xs"
          aria-label="Target devices"
          data={[
            ...[{ value: 'filter', label: 'Filter', disabled: unavailable.filter !== undefined }],
            ...[
              { value: 'group', label: 'Group' },
              { value: 'devices', label: 'Devices' },
            ],
            { value: 'all', label: 'All', disabled: unavailable.all !== undefined },
          ]}
          value={value.kind}
          onChange={(kind) => onChange({ ...value, kind: kind as TargetKind })}
        />
        {reasons.map((reason) => (
          <Text key={reason} size="xs" c="dimmed" mt="2xs">
            {reason}
          </Text>
        ))}
      </Input.Wrapper>
      {value.kind === 'filter' && <FilterPicker {...{ value, error, onChange }} />}
      {value.kind === 'group' && <GroupPicker {...{ value, error, onChange }} />}
      {value.kind === 'devices' && (
        <DevicePicker
          label="Devices"
          description="Only these devices."
          value={value.devices}
          error={error}
          onChange={(devices) => onChange({ ...value, devices })}
        />
      )}
      {value.kind === 'all' && (
        <Text size="sm">All devices that are accepted now. Devices accepted later are not included.</Text>
      )}
    </Stack>
  )
}

function FilterPicker({ value, error, onChange }: Props) {
  const { data, error: failure } = useSavedFilters({ enabled: true })
  const chosen = data?.rows.find(({ id }) => id === value.filter_id)
  return (
    <Select
      label="Saved filter"
      placeholder="Choose a filter"
      searchable
      data={data?.rows.map(({ id, name }) => ({ value: id, label: name })) ?? []}
      value={value.filter_id || null}
      onChange={(filter_id) => onChange({ ...value, filter_id: filter_id ?? '' })}
      nothingFoundMessage={notFound(
        { data, failure },
        data?.rows.length === 0 ? 'No filters yet' : 'No matching filters',
      )}
      error={error ?? notLoaded(failure)}
      description={
        chosen ? (
          `${chosen.terms.map(termText).join(' and ') || 'All accepted devices'}. Includes devices that match later.`
        ) : (
          <>
            The devices that match now or later.{' '}
            <Anchor component={Link} href="/devices" inherit underline="always">
              Create a filter
            </Anchor>
          </>
        )
      }
    />
  )
}

function GroupPicker({ value, error, onChange }: Props) {
  const { data, error: failure } = useGroups({ enabled: true })
  return (
    <Select
      label="Group"
      placeholder="Choose a group"
      searchable
      data={data ?? []}
      value={value.group || null}
      onChange={(group) => onChange({ ...value, group: group ?? '' })}
      nothingFoundMessage={notFound(
        { data, failure },
        data?.length === 0 ? 'No group has accepted devices' : 'No matching groups',
      )}
      description="The accepted devices that are in the group now. Devices added later are not included."
      error={error ?? notLoaded(failure)}
    />
  )
}
