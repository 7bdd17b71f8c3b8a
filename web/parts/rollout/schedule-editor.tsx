import { ActionIcon, Button, Group, MultiSelect, Select, Stack, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { zones } from '../../../src/texts/times.ts'
import { useKnownAttributes } from '../../api/filters.ts'
import { AttributeField } from '../attribute-field.tsx'
import type { Blackout, EditorProps, ScheduleDraft, Window } from './draft.ts'

const DAYS = [
  ...[
    { value: 'mon', label: 'Mon' },
    { value: 'tue', label: 'Tue' },
    { value: 'wed', label: 'Wed' },
    { value: 'thu', label: 'Thu' },
  ],
  ...[
    { value: 'fri', label: 'Fri' },
    { value: 'sat', label: 'Sat' },
    { value: 'sun', label: 'Sun' },
  ],
]

const ZONES = zones()

const today = () => new Date().toISOString().slice(0, 10)

export function ScheduleEditor({ rules: { schedule }, problems, onChange }: EditorProps) {
  if (!schedule) return null
  const { windows, blackouts, zone, attribute } = schedule
  const edit = (changes: Partial<ScheduleDraft>) => onChange({ schedule: { ...schedule, ...changes } })
  return (
    <Stack gap="sm" w="100%">
      <WindowRows
        {...{ add: 'Add hours', of: windows, problems }}
        initial={{ from: '01:00', to: '05:00' }}
        onChange={(next) => edit({ windows: next })}
      />
      <Rows
        {...{ name: 'blackout', add: 'Add days without updates', of: blackouts, row: BlackoutRow, problems }}
        initial={{ from: today(), to: today() }}
        onChange={(next) => edit({ blackouts: next })}
      />
      <ZoneFields {...{ zone, attribute, problems }} onChange={edit} />
    </Stack>
  )
}

type ZonesProps = Pick<ScheduleDraft, 'zone' | 'attribute'> &
  Pick<EditorProps, 'problems'> & { onChange: (changes: Partial<Pick<ScheduleDraft, 'zone' | 'attribute'>>) => void }

/** One time zone, or the one that each device has as an attribute. */
export const ZoneFields = ({ zone, attribute, problems, onChange }: ZonesProps) => (
  <div className="rule-fields">
    <Select
      label={attribute ? 'Time zone otherwise' : 'Time zone'}
      w={300}
      maw="100%"
      searchable
      allowDeselect={false}
      data={ZONES.includes(zone) ? ZONES : [zone, ...ZONES]}
      value={zone}
      error={problems.time_zone ?? problems['time_zone.fallback']}
      onChange={(next) => onChange({ zone: next ?? 'UTC' })}
    />
    <ZoneAttribute {...{ attribute, problems }} onChange={(next) => onChange({ attribute: next })} />
  </div>
)

type ZoneProps = Pick<EditorProps, 'problems'> & {
  attribute: ScheduleDraft['attribute']
  onChange: (attribute: ScheduleDraft['attribute']) => void
}

function ZoneAttribute({ attribute, problems, onChange }: ZoneProps) {
  const { data: known = [] } = useKnownAttributes()
  if (!attribute)
    return (
      <Button
        variant="default"
        className="beside-field"
        onClick={() => onChange({ scope: 'inventory', attribute: 'time_zone' })}
      >
        Each device has its own
      </Button>
    )
  return (
    <Group gap="2xs" align="flex-start">
      <AttributeField
        term={{ ...attribute, type: '$exists', value: true }}
        known={known}
        error={problems['time_zone.attribute'] ?? problems['time_zone.scope']}
        onChange={onChange}
      />
      <Remove label="Use one time zone for all devices" onRemove={() => onChange(undefined)} />
    </Group>
  )
}

type RowProps<Row> = { row: Row; name: string; error: string | undefined; onChange: (row: Row) => void }

type RowsProps<Row> = Pick<EditorProps, 'problems'> & {
  name: 'window' | 'blackout'
  add: string
  of: readonly Row[]
  row: (props: RowProps<Row>) => React.ReactNode
  initial: Row
  onChange: (rows: Row[]) => void
}

/** Hours that can be added and removed. */
export const WindowRows = (props: Pick<RowsProps<Window>, 'add' | 'of' | 'initial' | 'problems' | 'onChange'>) => (
  <Rows {...props} name="window" row={WindowRow} />
)

function Rows<Row>({ name, add, of, row: Fields, initial, problems, onChange }: RowsProps<Row>) {
  const field = `${name}s`
  return (
    <>
      {of.map((one, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows have no key and no state
        <fieldset key={i} className="rule-fields" aria-label={`${name} ${i + 1}`}>
          <Fields
            row={one}
            name={`${name} ${i + 1}`}
            error={problems[field] ?? problemBelow(problems, `${field}.${i}`)}
            onChange={(next) => onChange(of.with(i, next))}
          />
          <Remove label={`Remove ${name} ${i + 1}`} onRemove={() => onChange(of.toSpliced(i, 1))} />
        </fieldset>
      ))}
      <div>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => onChange([...of, initial])}
        >
          {add}
        </Button>
      </div>
    </>
  )
}

const problemBelow = (problems: EditorProps['problems'], prefix: string): string | undefined =>
  Object.entries(problems).find(([field]) => field === prefix || field.startsWith(`${prefix}.`))?.[1]

const Remove = ({ label, onRemove }: { label: string; onRemove: () => void }) => (
  <ActionIcon variant="subtle" color="gray" size={32} className="beside-field" aria-label={label} onClick={onRemove}>
    <IconTrash size={18} stroke={1.6} aria-hidden />
  </ActionIcon>
)

function WindowRow({ row, error, onChange }: RowProps<Window>) {
  const { days: _, ...times } = row
  return (
    <>
      <MultiSelect
        label="Days"
        className="grow days"
        placeholder={row.days?.length ? '' : 'Every day'}
        data={DAYS}
        value={row.days ?? []}
        onChange={(days) => onChange(days.length > 0 ? { ...times, days: days as NonNullable<Window['days']> } : times)}
      />
      <TextInput
        type="time"
        label="From"
        value={row.from}
        error={error}
        onChange={({ currentTarget: { value } }) => onChange({ ...row, from: value })}
      />
      <TextInput
        type="time"
        label="To"
        value={row.to}
        onChange={({ currentTarget: { value } }) => onChange({ ...row, to: value })}
      />
    </>
  )
}

const BlackoutRow = ({ row, error, onChange }: RowProps<Blackout>) => (
  <>
    <TextInput
      type="date"
      label="First day"
      value={row.from}
      error={error}
      onChange={({ currentTarget: { value } }) => onChange({ ...row, from: value })}
    />
    <TextInput
      type="date"
      label="Last day"
      value={row.to}
      onChange={({ currentTarget: { value } }) => onChange({ ...row, to: value })}
    />
  </>
)
