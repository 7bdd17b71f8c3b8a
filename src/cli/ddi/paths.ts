export const DDI = '/api/management/v2/ddi'

export const ddiDevice = (id: string): string => `${DDI}/devices/${encodeURIComponent(id)}`
