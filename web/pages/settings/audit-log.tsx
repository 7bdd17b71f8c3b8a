import { Anchor, Autocomplete, Button, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { IconHistory } from '@tabler/icons-react'
import { useState } from 'react'
import { useSearchParams } from 'wouter'
import { type EventFilter, LOGS_EXPORT, type PastEvent, useEvents } from '../../api/audit-log.ts'
import { useMay, useSession } from '../../api/session.ts'
import { useDeviceNames } from '../../api/targets.ts'
import { positive } from '../../api/use-query-state.ts'
import { useUsers } from '../../api/users.ts'
import { Empty } from '../../parts/empty.tsx'
import { ExportCsv } from '../../parts/export-csv.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Pager, type PageState } from '../../parts/pager.tsx'
import { PastEnd } from '../../parts/past-end.tsx'
import { Section } from '../../parts/section.tsx'
import { TextWithTimes, Time } from '../../parts/time.tsx'
import { fromField, zoneName } from '../../parts/zone.ts'
import { ACTIONS, systemActor, TYPES } from './event-phrases.ts'
import { changesIn, EventText } from './event-text.tsx'

export const AuditLog = () => (useSession().features.audit_logs ? <Log /> : <NotInPlan />)

const NotInPlan = () => (
  <Empty icon={IconHistory} title="The audit log is part of the Enterprise plan">
    Events are recorded in every plan. To change the plan, run muster tenant set-plan on the server.
  </Empty>
)

const PER_PAGE = 20
const NAMES = ['who', 'action', 'type', 'from', 'to', 'page', 'per_page'] as const
type LogQuery = Record<(typeof NAMES)[number], string>

function Log() {
  const [query, change] = useLogQuery()
  const filter = filterOf(query)
  const page = { page: positive(query.page) ?? 1, per_page: positive(query.per_page) ?? PER_PAGE }
  const events = useEvents(filter, page)
  const changePage = (to: PageState) => change({ page: String(to.page), per_page: String(to.per_page) })
  return (
    <Section
      title="Audit log"
      about="Who did what and when, newest first. Entries cannot be changed."
      actions={<ExportCsv path={LOGS_EXPORT} query={filter} />}
    >
      <Filters query={query} onChange={(changes) => change({ ...changes, page: '' })} />
      <Loaded query={events} lines={8}>
        {({ rows, total }) =>
          rows.length === 0 && total > 0 ? (
            <PastEnd onFirst={() => change({ page: '' })} />
          ) : rows.length === 0 ? (
            <NoEntries
              isFiltered={Object.values(filter).some((value) => value !== '')}
              onClear={() => change({ who: '', action: '', type: '', from: '', to: '', page: '' })}
            />
          ) : (
            <>
              <ul className="rows">
                <Rows events={rows} onActor={(who) => change({ who, page: '' })} />
              </ul>
              <Pager {...page} total={total} onChange={changePage} />
            </>
          )
        }
      </Loaded>
    </Section>
  )
}

type NoEntriesProps = { isFiltered: boolean; onClear: () => void }

const NoEntries = ({ isFiltered, onClear }: NoEntriesProps) =>
  isFiltered ? (
    <Empty
      icon={IconHistory}
      title="No matching entries"
      action={
        <Button variant="default" onClick={onClear}>
          Show all entries
        </Button>
      }
    >
      Try fewer filters or another period.
    </Empty>
  ) : (
    <Empty icon={IconHistory} title="No entries yet">
      What users do from now on is recorded here.
    </Empty>
  )

/** The filters, stored in the address, so that links and the back button keep them. */
function useLogQuery(): [LogQuery, (change: Partial<LogQuery>) => void] {
  const [params, setParams] = useSearchParams()
  const query = Object.fromEntries(NAMES.map((name) => [name, params.get(name) ?? ''])) as LogQuery
  const change = (changes: Partial<LogQuery>) => {
    const pairs = Object.entries({ ...query, ...changes }).filter(([, value]) => value !== '')
    setParams(new URLSearchParams(pairs), { replace: true })
  }
  return [query, change]
}

/** Days begin and end in the time zone that is shown. */
function filterOf({ who, action, type, from, to }: LogQuery): EventFilter {
  const seconds = (day: string, time: string) => {
    const ms = Date.parse(fromField(`${day}T${time}`) ?? '')
    return day === '' || Number.isNaN(ms) ? '' : String(Math.floor(ms / 1000))
  }
  return {
    ...{ actor_email: who, action, object_type: type },
    ...{ created_after: seconds(from, '00:00:00'), created_before: seconds(to, '23:59:59.999') },
  }
}

const optionsOf = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels).map(([value, label]) => ({ value, label }))

type FiltersProps = { query: LogQuery; onChange: (changes: Partial<LogQuery>) => void }

function Filters({ query, onChange }: FiltersProps) {
  const any = { clearable: true, placeholder: 'Any' }
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 3, lg: 5 }} spacing="sm">
      <UserFilter key={query.who} who={query.who} onChange={(who) => onChange({ who })} />
      <Select
        {...any}
        label="Action"
        data={optionsOf(ACTIONS)}
        value={query.action || null}
        onChange={(action) => onChange({ action: action ?? '' })}
      />
      <Select
        {...any}
        label="Type"
        data={optionsOf(TYPES)}
        value={query.type || null}
        onChange={(type) => onChange({ type: type ?? '' })}
      />
      <TextInput
        type="date"
        label="From"
        title={zoneName()}
        value={query.from}
        onChange={({ currentTarget: { value } }) => onChange({ from: value })}
      />
      <TextInput
        type="date"
        label="To"
        title={zoneName()}
        value={query.to}
        onChange={({ currentTarget: { value } }) => onChange({ to: value })}
      />
    </SimpleGrid>
  )
}

/** Submitted when the address is complete, because the server matches it exactly. */
function UserFilter({ who, onChange }: { who: string; onChange: (who: string) => void }) {
  const [text, setText] = useState(who)
  const { data } = useUsers({ page: 1, per_page: 100 }, { enabled: useMay()('read_users') })
  const submit = (entered: string) => {
    const email = entered.trim().toLowerCase()
    if (email !== who) onChange(email)
  }
  return (
    <Autocomplete
      label="User"
      placeholder="Any"
      clearable
      data={(data?.rows ?? []).map(({ email }) => email)}
      value={text}
      onChange={setText}
      onClear={() => submit('')}
      onOptionSubmit={submit}
      onBlur={() => submit(text)}
      onKeyDown={({ key }) => key === 'Enter' && submit(text)}
    />
  )
}

type RowsProps = { events: readonly PastEvent[]; onActor: (email: string) => void }

function Rows({ events, onActor }: RowsProps) {
  const ids = events.flatMap(({ object }) => (object.type === 'device' ? [object.id] : []))
  const names = useDeviceNames([...new Set(ids)])
  return events.map((event) => (
    <Row key={event.time} {...{ event, onActor }} device={names.data?.get(event.object.id)} />
  ))
}

/** `device`: the name of the device that the event is about. */
type RowProps = { event: PastEvent; device: string | undefined; onActor: (email: string) => void }

const Row = ({ event, device, onActor }: RowProps) => {
  const { actor, time, change } = event
  const { email = '' } = actor
  return (
    <li className="past-event">
      <Time at={time} size="sm" c="dimmed" />
      <Stack gap="3xs" miw={0}>
        <Text>
          {email === '' ? (
            systemActor(actor.id, event.action)
          ) : (
            <Anchor
              component="button"
              type="button"
              ta="start"
              inherit
              title="Show only this user"
              onClick={() => onActor(email)}
            >
              {email}
            </Anchor>
          )}{' '}
          <EventText {...{ event, device }} />
        </Text>
        {changesIn(change).map((line) => (
          <Text key={line} size="sm" c="dimmed">
            <TextWithTimes text={line} />
          </Text>
        ))}
      </Stack>
    </li>
  )
}
