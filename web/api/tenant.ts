import { useQuery } from '@tanstack/react-query'
import type { Tenant } from '../../src/auth/tenant.ts'
import type { DeviceStatistics } from '../../src/inventory/devices/count-by-status.ts'
import { get } from './http.ts'
import { useMay } from './session.ts'

type TenantDetails = Tenant & { tenant_token: string }

export const useTenant = () =>
  useQuery({
    queryKey: ['tenant'],
    queryFn: ({ signal }) => get<TenantDetails>('/api/management/v1/tenantadm/user/tenant', undefined, signal),
  })

/** The number of accepted devices that the user may see; undefined: not known. */
export function useAcceptedDevices(): number | undefined {
  const enabled = useMay()('read_devices')
  const { data } = useQuery({
    ...{ queryKey: ['accepted-devices'], enabled },
    queryFn: ({ signal }) => get<DeviceStatistics>('/api/management/v2/inventory/statistics', undefined, signal),
  })
  return data?.devices_by_status.accepted.standard
}
