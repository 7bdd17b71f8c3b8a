import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Delivery } from '../../src/webhooks/delivery.ts'
import type { Integration, NewIntegration } from '../../src/webhooks/integration.ts'
import { call, get } from './http.ts'

export type { Delivery, Integration }

const INTEGRATIONS = '/api/management/v1/iot-manager/integrations'
const KEY = ['webhooks']
/** Deliveries change by themselves. */
const REFETCH_MS = 5000

export const WEBHOOKS_EXPORT = '/api/management/v2/iot-manager/integrations/export'

const deliveriesOf = (id: string) => `/api/management/v2/iot-manager/integrations/${encodeURIComponent(id)}/deliveries`

export const useWebhooks = () =>
  useQuery({ queryKey: KEY, queryFn: ({ signal }) => get<Integration[]>(INTEGRATIONS, undefined, signal) })

export const createWebhook = (webhook: { url: string; secret: string; description: string }): Promise<void> => {
  const { url, secret, description } = webhook
  const body: NewIntegration = {
    ...{ provider: 'webhook', description, credentials: { type: 'http', http: { url, secret } } },
  }
  return call('POST', INTEGRATIONS, { body })
}
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
