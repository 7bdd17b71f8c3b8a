import { changeDevices, type DevicesChanged, MOST_AT_ONCE, putIntoGroup } from '../../api/devices.ts'
import { type Search, searchDevices, type Term } from '../../api/filters.ts'

export type Which = Pick<Search, 'filters' | 'text'>
export type Action = 'accept' | 'reject' | 'decommission' | 'group'
/** These devices, or all that a search finds and that had asked by then. */
export type Target = { ids: readonly string[] } | { which: Which; until: string | undefined }

const STATUS = { scope: 'identity', attribute: 'status' }
const ASKED_FIRST = { scope: 'system', attribute: 'created_ts' }

/** All that match now: devices that come while this is decided or done are none of them. */
export async function allOf(which: Which): Promise<Target> {
  const sort = [{ ...ASKED_FIRST, order: 'desc' }]
  const { rows } = await searchDevices({ ...which, sort, per_page: 1, attributes: [ASKED_FIRST] })
  return { which, until: rows[0]?.attributes[0]?.value as string | undefined }
}

/** Decommissioning is the slowest by far: smaller steps show that it goes on. */
const stepSize = (action: Action) => (action === 'decommission' ? 50 : MOST_AT_ONCE)

async function* batches(target: Target, size: number): AsyncGenerator<string[]> {
  if ('ids' in target) {
    for (let at = 0; at < target.ids.length; at += size) yield target.ids.slice(at, at + size)
    return
  }
  const { which, until } = target
  if (until === undefined) return
  const known: Term = { ...ASKED_FIRST, type: '$lte', value: until }
  let last = ''
  for (;;) {
    const after: Term = { scope: 'identity', attribute: 'id', type: '$gt', value: last }
    const filters = [...which.filters, known, after]
    const { rows } = await searchDevices({ ...which, filters, per_page: size, attributes: [STATUS] })
    const ids = rows.map(({ id }) => id)
    if (ids.length > 0) yield ids
    if (ids.length < size) return
    last = ids.at(-1) ?? ''
  }
}

type Run = {
  action: Action
  target: Target
  group?: string
  onProgress: (outcome: DevicesChanged) => void
  signal: AbortSignal
}

/** Works through the devices in steps; between two of them it can be stopped. */
export async function runBulk({ action, target, group = '', onProgress, signal }: Run): Promise<DevicesChanged> {
  const outcome: DevicesChanged = { changed: 0, failed: [] }
  for await (const ids of batches(target, stepSize(action))) {
    if (signal.aborted) break
    const { changed, failed } =
      action === 'group' ? await putIntoGroup(group, ids) : await changeDevices({ action, device_ids: ids })
    outcome.changed += changed
    outcome.failed = [...outcome.failed, ...failed]
    onProgress({ ...outcome })
  }
  return outcome
}
