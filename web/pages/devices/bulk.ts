import { isGroup } from '../../../src/texts/terms.ts'
import { changeDevices, type DevicesChanged, MAX_PER_REQUEST, putIntoGroup, takeFromGroup } from '../../api/devices.ts'
import { type Search, searchDevices, type Term } from '../../api/filters.ts'
import { type NewPin, pinDevices, unpinDevices } from '../../api/pins.ts'

export type DeviceQuery = Pick<Search, 'filters' | 'text'>
export type Action = 'accept' | 'reject' | 'decommission' | 'group' | 'ungroup' | 'pin' | 'unpin'
/** Devices by ID, or all that match a query and were created no later than `until`. */
export type Target = { ids: readonly string[] } | { query: DeviceQuery; until: string | undefined }

const STATUS = { scope: 'identity', attribute: 'status' }
const CREATED = { scope: 'system', attribute: 'created_ts' }

/** The group whose devices the query finds; undefined: it is not limited to one group. */
export function groupIn({ filters }: DeviceQuery): string | undefined {
  const term = filters
    .flatMap((one): Term[] => (isGroup(one) ? [] : [one]))
    .find(({ scope, attribute, type }) => scope === 'system' && attribute === 'group' && type === '$eq')
  return typeof term?.value === 'string' && term.value !== '' ? term.value : undefined
}

/** All devices that match now, without those that appear during the action. */
export async function allOf(query: DeviceQuery): Promise<Target> {
  const sort = [{ ...CREATED, order: 'desc' }]
  const { rows } = await searchDevices({ ...query, sort, per_page: 1, attributes: [CREATED] })
  return { query, until: rows[0]?.attributes[0]?.value as string | undefined }
}

/** Decommissioning is by far the slowest action: smaller batches show more progress. */
const batchSize = (action: Action) => (action === 'decommission' ? 50 : MAX_PER_REQUEST)

async function* batches(target: Target, size: number): AsyncGenerator<string[]> {
  if ('ids' in target) {
    for (let at = 0; at < target.ids.length; at += size) yield target.ids.slice(at, at + size)
    return
  }
  const { query, until } = target
  if (until === undefined) return
  const existing: Term = { ...CREATED, type: '$lte', value: until }
  let last = ''
  for (;;) {
    const after: Term = { scope: 'identity', attribute: 'id', type: '$gt', value: last }
    const filters = [...query.filters, existing, after]
    const { rows } = await searchDevices({ ...query, filters, per_page: size, attributes: [STATUS] })
    const ids = rows.map(({ id }) => id)
    if (ids.length > 0) yield ids
    if (ids.length < size) return
    last = ids.at(-1) ?? ''
  }
}

async function change({ action, group = '', pin }: Pick<Run, 'action' | 'group' | 'pin'>, device_ids: string[]) {
  switch (action) {
    case 'group':
      return putIntoGroup(group, device_ids)
    case 'ungroup':
      return takeFromGroup(group, device_ids)
    case 'pin':
      return pin ? pinDevices({ ...pin, device_ids }) : { changed: 0, failed: [] }
    case 'unpin':
      return unpinDevices(device_ids)
    default:
      return changeDevices({ action, device_ids })
  }
}

type Run = {
  action: Action
  target: Target
  group?: string
  pin?: NewPin | undefined
  onProgress: (outcome: DevicesChanged) => void
  signal: AbortSignal
}

/** Changes the devices in batches; it can be stopped between two of them. */
export async function runBulk({ target, onProgress, signal, ...run }: Run): Promise<DevicesChanged> {
  const outcome: DevicesChanged = { changed: 0, failed: [] }
  for await (const ids of batches(target, batchSize(run.action))) {
    if (signal.aborted) break
    const { changed, failed } = await change(run, ids)
    outcome.changed += changed
    outcome.failed = [...outcome.failed, ...failed]
    onProgress({ ...outcome })
  }
  return outcome
}
