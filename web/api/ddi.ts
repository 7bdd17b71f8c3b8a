import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { CreatedDdiDevice, DdiDevice } from '../../src/ddi/ddi-device.ts'
import type { DdiSettings } from '../../src/ddi/ddi-settings.ts'
import type { CreatedGatewayToken, GatewayToken } from '../../src/ddi/gateway-token.ts'
import { DEVICES_KEY, REFETCH_INTERVAL_MS } from './devices.ts'
import { call, get } from './http.ts'
import { useMay } from './session.ts'

export type { DdiDevice, DdiSettings, GatewayToken }
export type DdiAction = NonNullable<DdiDevice['action']>

const DDI = '/api/management/v2/ddi'

export const GATEWAY_TOKENS_EXPORT = `${DDI}/gateway_tokens/export`
const SETTINGS_KEY = ['ddi', 'settings']
const TOKENS_KEY = ['ddi', 'gateway-tokens']

/**
 * Whether the user may change what concerns all devices. Nearly all who may manage some devices and save filters may
 * manage all devices; the server refuses the others.
 */
export function useMayManageAllDevices(): boolean {
  const may = useMay()
  return may('devices') && may('filters')
}

export const useDdiSettings = () =>
  useQuery({ queryKey: SETTINGS_KEY, queryFn: ({ signal }) => get<DdiSettings>(`${DDI}/settings`, undefined, signal) })

export const saveDdiSettings = (settings: DdiSettings): Promise<void> =>
  call('PUT', `${DDI}/settings`, { body: settings })

export const useGatewayTokens = () =>
  useQuery({
    queryKey: TOKENS_KEY,
    queryFn: ({ signal }) => get<GatewayToken[]>(`${DDI}/gateway_tokens`, undefined, signal),
  })

/** Tokens are returned once. Without a token of the user's own, the server makes a random one. */
const bodyOf = <Body extends object>(body: Body, token: string) => ({ ...body, ...(token && { token }) })

export const createGatewayToken = (name: string, token: string): Promise<CreatedGatewayToken> =>
  call('POST', `${DDI}/gateway_tokens`, { body: bodyOf({ name }, token) })
export const revokeGatewayToken = (id: string): Promise<void> =>
  call('DELETE', `${DDI}/gateway_tokens/${encodeURIComponent(id)}`)

const pathOf = (id: string) => `${DDI}/devices/${encodeURIComponent(id)}`

export const useDdiDevice = (id: string) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'ddi', id],
    queryFn: ({ signal }) => get<DdiDevice>(pathOf(id), undefined, signal),
    refetchInterval: REFETCH_INTERVAL_MS,
  })

export const addDdiDevice = (controller_id: string, token: string): Promise<CreatedDdiDevice> =>
  call('POST', `${DDI}/devices`, { body: bodyOf({ controller_id }, token) })
export const makeTargetToken = (id: string, token: string): Promise<{ token: string }> =>
  call('POST', `${pathOf(id)}/target_token`, { body: bodyOf({}, token) })
export const removeTargetToken = (id: string): Promise<void> => call('DELETE', `${pathOf(id)}/target_token`)
export const askForAttributes = (id: string): Promise<void> => call('POST', `${pathOf(id)}/config_data`)

function useChanged(...key: string[]): () => Promise<unknown> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: key })
}
export const useDdiSettingsChanged = () => useChanged(...SETTINGS_KEY)
export const useGatewayTokensChanged = () => useChanged(...TOKENS_KEY)
export const useDdiDevicesChanged = () => useChanged(...DEVICES_KEY)
