import type { Filterable } from '../../src/inventory/filter.ts'

/** An accepted device with these inventory attributes, as filters see it. */
export const filterable = (inventory: Filterable['attributes'][string]): Filterable => ({
  ...{ id: 'd', status: 'accepted', dialect: 'mender', group_name: null },
  ...{ created_ts: '', attributes_updated_ts: '', check_in_time: null, pinned_until: null },
  attributes: { inventory },
})
