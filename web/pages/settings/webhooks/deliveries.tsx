import { Button, Group, Select } from '@mantine/core'
import { IconWebhook } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { DELIVERY_STATE_STYLES } from '../../../../src/texts/statuses.ts'
import {
  type Delivery,
  deliveriesExport,
  type Integration,
  redeliver,
  useDeliveries,
  useWebhooksChanged,
} from '../../../api/webhooks.ts'
import { Empty } from '../../../parts/empty.tsx'
import { ExportCsv } from '../../../parts/export-csv.tsx'
import { Failure } from '../../../parts/failure.tsx'
import { ListRow, RowAction, RowLine } from '../../../parts/list-row.tsx'
import { Loaded } from '../../../parts/loaded.tsx'
import { Section } from '../../../parts/section.tsx'
import { StatusChip } from '../../../parts/status-chip.tsx'
import { Ago } from '../../../parts/time.tsx'

const STEP = 20
const MOST = 500
const STATES = Object.entries(DELIVERY_STATE_STYLES).map(([value, { label }]) => ({ value, label }))

/** What a webhook was sent, newest first, with the responses. */
export function Deliveries({ webhook: { id } }: { webhook: Integration }) {
  const [state, setState] = useState('')
  const [count, setCount] = useState(STEP)
  const deliveries = useDeliveries(id, state, count)
  const onChanged = useWebhooksChanged()
  const again = useMutation({ mutationFn: (event_id: string) => redeliver(id, event_id), onSuccess: onChanged })
  return (
    <Section
      title="Deliveries"
      about="The newest first. They are kept for some days."
      actions={
        <Group gap="xs">
          <Select
            aria-label="State"
            placeholder="Any state"
            w={150}
            clearable
            data={STATES}
            value={state || null}
            onChange={(value) => setState(value ?? '')}
          />
          {deliveries.data && deliveries.data.length > 0 && (
            <ExportCsv path={deliveriesExport(id)} query={{ state }} label="Export deliveries as CSV" />
          )}
        </Group>
      }
    >
      {again.error && <Failure error={again.error} />}
      <Loaded query={deliveries} lines={6}>
        {(rows) =>
          rows.length === 0 ? (
            <NoDeliveries isFiltered={state !== ''} onClear={() => setState('')} />
          ) : (
            <>
              <ul className="rows">
                {rows.map((delivery) => (
                  <Row
                    key={delivery.event_id}
                    delivery={delivery}
                    isPending={again.isPending && again.variables === delivery.event_id}
                    onAgain={() => again.mutate(delivery.event_id)}
                  />
                ))}
              </ul>
              {rows.length === count && count < MOST && (
                <Group>
                  <Button variant="default" size="sm" onClick={() => setCount(Math.min(MOST, count + STEP))}>
                    Show more
                  </Button>
                </Group>
              )}
            </>
          )
        }
      </Loaded>
    </Section>
  )
}

type NoDeliveriesProps = { isFiltered: boolean; onClear: () => void }

const NoDeliveries = ({ isFiltered, onClear }: NoDeliveriesProps) =>
  isFiltered ? (
    <Empty
      icon={IconWebhook}
      title="No such deliveries"
      action={
        <Button variant="default" onClick={onClear}>
          Show all deliveries
        </Button>
      }
    >
      None is in this state.
    </Empty>
  ) : (
    <Empty icon={IconWebhook} title="Nothing sent yet">
      What happens from now on is sent.
    </Empty>
  )

type RowProps = { delivery: Delivery; isPending: boolean; onAgain: () => void }

const Row = ({ delivery, isPending, onAgain }: RowProps) => (
  <ListRow
    title={delivery.type}
    chips={<StatusChip statusStyle={DELIVERY_STATE_STYLES[delivery.state]} status={delivery.state} />}
    actions={
      <RowAction
        label={`${actionOf(delivery)}: ${delivery.type} of ${subjectOf(delivery)}`}
        loading={isPending}
        onClick={onAgain}
      >
        {actionOf(delivery)}
      </RowAction>
    }
  >
    <RowLine>
      {subjectOf(delivery)} · <Ago at={delivery.time} />
      <Result {...delivery} />
    </RowLine>
  </ListRow>
)

const actionOf = ({ state }: Delivery): string => (state === 'pending' ? 'Send now' : 'Send again')

/** The name of a deployment, or the ID of a device. */
function subjectOf({ data }: Delivery): string {
  const { name, id } = data as { name?: unknown; id?: unknown }
  return String(name ?? id ?? '')
}

const Result = ({ attempts, status_code, error, response, next_attempt }: Delivery) => (
  <>
    {attempts > 1 && ` · ${attempts} attempts`}
    {error ? ` · ${error}` : status_code !== undefined && ` · ${status_code}`}
    {response && `: ${response}`}
    {next_attempt && attempts > 0 && (
      <>
        {' · next attempt '}
        <Ago at={next_attempt} />
      </>
    )}
  </>
)
