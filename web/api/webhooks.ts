import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Delivery } from '../../src/webhooks/delivery.ts'
import type {
  Format,
  Integration,
  IntegrationChange,
  NewCredentials,
  NewIntegration,
} from '../../src/webhooks/integration.ts'
import type { EventType } from '../../src/webhooks/webhook-event.ts'
import { call, get } from './http.ts'

export type { Delivery, EventType, Format, Integration }

const INTEGRATIONS = '/api/management/v1/iot-manager/integrations'
const KEY = ['webhooks']
/** Deliveries change by themselves. */
const REFETCH_MS = 5000

export const WEBHOOKS_EXPORT = '/api/management/v2/iot-manager/integrations/export'

const changeable = (id: string) => `/api/management/v2/iot-manager/integrations/${encodeURIComponent(id)}`
const deliveriesOf = (id: string) => `${changeable(id)}/deliveries`

export const useWebhooks = () =>
  useQuery({
    ...{ queryKey: KEY, queryFn: ({ signal }) => get<Integration[]>(INTEGRATIONS, undefined, signal) },
    refetchInterval: REFETCH_MS,
  })

/** An empty secret is none; no events: as the server chooses. */
export type NewWebhook = Credentials & { description: string; format: Format; events: EventType[] }

export function createWebhook({ description, format, events, ...credentials }: NewWebhook): Promise<void> {
  const chosen = { format, ...(events.length > 0 ? { events } : {}) }
  const body: NewIntegration = {
    ...{ provider: 'webhook', description, credentials: toCredentials(credentials), ...chosen },
  }
  return call('POST', INTEGRATIONS, { body })
}

export const changeWebhook = (id: string, body: IntegrationChange): Promise<void> =>
  call('PATCH', changeable(id), { body })

export type Credentials = { url: string; secret: string }

const toCredentials = ({ url, secret }: Credentials): NewCredentials => ({
  ...{ type: 'http', http: { url: url.trim(), ...(secret.trim() === '' ? {} : { secret: secret.trim() }) } },
})

export const replaceCredentials = (id: string, credentials: Credentials): Promise<void> =>
  call('PUT', `${INTEGRATIONS}/${encodeURIComponent(id)}/credentials`, { body: toCredentials(credentials) })

export const deleteWebhook = (id: string): Promise<void> => call('DELETE', `${INTEGRATIONS}/${encodeURIComponent(id)}`)

export const deliveriesExport = (id: string): string => `${deliveriesOf(id)}/export`

/** The newest deliveries; an empty state is no condition. */
export const useDeliveries = (id: string, state: string, per_page: number) =>
  useQuery({
    queryKey: [...KEY, id, state, per_page],
    queryFn: ({ signal }) => get<Delivery[]>(deliveriesOf(id), { ...(state && { state }), per_page }, signal),
    ...{ placeholderData: keepPreviousData, refetchInterval: REFETCH_MS },
  })

export const redeliver = (id: string, event_id: string): Promise<void> =>
  call('POST', `${deliveriesOf(id)}/${encodeURIComponent(event_id)}/redeliver`)

export function useWebhooksChanged(): () => Promise<unknown> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: KEY })
}
