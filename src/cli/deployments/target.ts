import type { Deployment } from '../../deployments/deployment.ts'
import { optional, several, UsageError, type Values } from '../command.ts'
import { findFilter } from '../filters/find.ts'
import type { Server } from '../remote/server.ts'
import { DEPLOYMENTS, DYNAMIC_DEPLOYMENTS } from './paths.ts'

type Target = {
  /** Where to post the deployment. */
  path: string
  /** The members of its body that select the devices. */
  members: Record<string, unknown>
  /** The same in the body of a preview, which has one path for all kinds. */
  preview_members: Record<string, unknown>
  /** With `--again`: the deployment whose devices are the target. */
  other?: Deployment
}

const KINDS = '--filter, --devices, --group, --all or --again'

/** Checks the options immediately. The returned function sends requests to the server. */
export function readTarget(values: Values): (server: Server) => Promise<Target> {
  const filter = optional(values, 'filter')
  const group = optional(values, 'group')
  const devices = idsIn(several(values, 'devices'))
  const again = readAgain(values)
  const targets = [filter, group, values.all, devices.length > 0 || undefined, again].filter((one) => one !== undefined)
  if (targets.length !== 1) throw new UsageError(`Choose the target devices with one of ${KINDS}`)
  if (values['max-devices'] !== undefined && filter === undefined)
    throw new UsageError('--max-devices requires --filter: with any other target, the devices are fixed')
  const at = (path: string, members: Target['members'], preview_members = members): Target => ({
    ...{ path, members, preview_members },
  })
  return async (server) => {
    if (filter !== undefined) return at(DYNAMIC_DEPLOYMENTS, { filter_id: (await findFilter(server, filter)).id })
    if (group !== undefined) return at(`${DEPLOYMENTS}/group/${encodeURIComponent(group)}`, {}, { group })
    if (again === undefined) return at(DEPLOYMENTS, values.all ? { all_devices: true } : { devices })
    const other = (await server.get(`${DEPLOYMENTS}/${encodeURIComponent(again.deployment_id)}`)).body
    return { ...at(DEPLOYMENTS, { devices_of: again }), other }
  }
}

/** `--again ID` with `--failed` or `--not-reached`. */
function readAgain(values: Values) {
  const deployment_id = optional(values, 'again')
  const outcomes = [...(values.failed ? ['failed'] : []), ...(values['not-reached'] ? ['not_reached'] : [])]
  if (deployment_id === undefined) {
    if (outcomes.length > 0) throw new UsageError('--failed and --not-reached require --again')
    return undefined
  }
  if (outcomes.length !== 1) throw new UsageError('--again requires one of --failed and --not-reached')
  return { deployment_id, outcome: outcomes[0] }
}

/** The IDs of options with commas or spaces between them. */
export const idsIn = (given: readonly string[]): string[] =>
  given.flatMap((text) => text.split(/[\s,]+/).filter((id) => id !== ''))
