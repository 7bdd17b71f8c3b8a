export const FILTERS = '/api/management/v2/inventory/filters'
