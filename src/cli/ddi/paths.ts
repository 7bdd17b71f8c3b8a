export const DDI = '/api/management/v2/ddi'
export const DDI_DEVICE = `${DDI}/devices/{id}` as const
