import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { Configuration, DeviceConfiguration } from '../../src/deviceconfig/configuration.ts'
import { DEVICES_KEY, REFETCH_INTERVAL_MS } from './devices.ts'
import { call, send } from './http.ts'
import { LISTS } from './live.ts'

export type { Configuration, DeviceConfiguration }

const pathOf = (device_id: string) =>
  `/api/management/v1/deviceconfig/configurations/device/${encodeURIComponent(device_id)}`

/** What a device is to be configured with and what it reports, and the ETag of the former. */
export const useConfiguration = (device_id: string) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'configuration', device_id],
    queryFn: async ({ signal }) => {
      const { body, headers } = await send<DeviceConfiguration>('GET', pathOf(device_id), { signal })
      return { configuration: body, etag: headers.get('etag') ?? '*' }
    },
    refetchInterval: REFETCH_INTERVAL_MS,
  })

export const saveConfiguration = (device_id: string, configured: Configuration, etag: string) =>
  call('PUT', pathOf(device_id), { body: configured, headers: { 'if-match': etag } })

export const deployConfiguration = (device_id: string) =>
  call<{ deployment_id: string }>('POST', `${pathOf(device_id)}/deploy`, { body: {} })

/** After a change: what is shown of devices and of deployments. */
export function useConfigurationChanged(): () => Promise<void> {
  const queries = useQueryClient()
  return async () => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: DEVICES_KEY }),
      queries.invalidateQueries({ queryKey: LISTS }),
    ])
  }
}
