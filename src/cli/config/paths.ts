export const configurationOf = (device_id: string): string =>
  `/api/management/v1/deviceconfig/configurations/device/${encodeURIComponent(device_id)}`
