import { attributesTooLarge, deviceNotInInventory, tagsChanged, tooManyAttributes } from '../../errors.ts'
import { byName, type NewAttribute } from '../attribute.ts'
import type { CheckedWrite, ScopeWriteRows } from './checked-writes.ts'

/** Attributes to write to one scope of a device. */
export type ScopeWrite = {
  tenant_id: string
  device_id: string
  /** The device must be in one of these groups; null or absent: in any or none. */
  within?: readonly string[] | null
  scope: 'inventory' | 'tags'
  /** Whether the attributes replace the whole scope or are merged into it. */
  replace: boolean
  attributes: readonly NewAttribute[]
  /** The device itself writes, and so checks in. The check-in is only stored if the write changes the row anyway. */
  check_in?: boolean
  /** Entity tags, one of which the tags of the device must have. */
  if_match?: readonly string[] | undefined
}

const MAX_ATTRIBUTES = { inventory: 100, tags: 20 }

export const toRows = (writes: readonly ScopeWrite[]): ScopeWriteRows =>
  writes.map(({ attributes, scope, within = null, if_match = null, check_in = false, ...write }, at) => {
    const { values, notes } = byName(attributes)
    return { ...write, at, within, scope, values, notes, if_match, check_in, max_attributes: MAX_ATTRIBUTES[scope] }
  })

/** undefined: no such device, or not within the groups. */
export type WriteOutcome = Omit<CheckedWrite, 'at'> | undefined

export function requireWritten(outcome: WriteOutcome): asserts outcome is NonNullable<WriteOutcome> {
  if (outcome === undefined) throw deviceNotInInventory()
  if (!outcome.etag_matches) throw tagsChanged()
  if (!outcome.fits_count) throw tooManyAttributes()
  if (!outcome.fits_size) throw attributesTooLarge()
}
