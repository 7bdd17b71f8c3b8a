import { optional, several, UsageError, type Values } from '../command.ts'
import { findFilter } from '../filters/find.ts'
import type { Server } from '../remote/server.ts'
import { DEPLOYMENTS, DYNAMIC_DEPLOYMENTS } from './paths.ts'

/** Where to post a deployment, and the members of its body that select the devices. */
type Target = { path: string; members: Record<string, unknown> }

/** Checks the options immediately. The returned function sends requests to the server. */
export function readTarget(values: Values): (server: Server) => Promise<Target> {
  const filter = optional(values, 'filter')
  const group = optional(values, 'group')
  const devices = several(values, 'devices').flatMap((text) => text.split(/[\s,]+/).filter((id) => id !== ''))
  const targets = [filter, group, values.all, devices.length > 0 || undefined].filter((one) => one !== undefined)
  if (targets.length !== 1)
    throw new UsageError('Choose the target devices with one of --filter, --devices, --group or --all')
  if (values['max-devices'] !== undefined && filter === undefined)
    throw new UsageError('--max-devices requires --filter: with any other target, the devices are fixed')
  return async (server) => {
    if (filter !== undefined)
      return { path: DYNAMIC_DEPLOYMENTS, members: { filter_id: (await findFilter(server, filter)).id } }
    if (group !== undefined) return { path: `${DEPLOYMENTS}/group/${encodeURIComponent(group)}`, members: {} }
    return { path: DEPLOYMENTS, members: values.all ? { all_devices: true } : { devices } }
  }
}
