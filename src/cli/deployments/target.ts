import type { Deployment, DevicesOf, NewAnyDeployment } from '../../client/api.ts'
import { optional, several, UsageError, type Values } from '../command.ts'
import { findFilter } from '../filters/find.ts'
import type { Server } from '../remote/server.ts'
import { DEPLOYMENT } from './paths.ts'

type Target = {
  /** The members of a deployment that select the devices. */
  members: Pick<NewAnyDeployment, 'filter_id' | 'group' | 'devices' | 'all_devices' | 'devices_of'>
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
  return async (server) => {
    if (filter !== undefined) return { members: { filter_id: (await findFilter(server, filter)).id } }
    if (group !== undefined) return { members: { group } }
    if (again === undefined) return { members: values.all ? { all_devices: true } : { devices } }
    const { body: other } = await server.get(DEPLOYMENT, { path: { id: again.deployment_id } })
    return { members: { devices_of: again }, other }
  }
}

/** `--again ID` with `--failed` or `--not-reached`. */
function readAgain(values: Values): DevicesOf | undefined {
  const deployment_id = optional(values, 'again')
  const outcomes: DevicesOf['outcome'][] = []
  if (values.failed) outcomes.push('failed')
  if (values['not-reached']) outcomes.push('not_reached')
  if (deployment_id === undefined) {
    if (outcomes.length > 0) throw new UsageError('--failed and --not-reached require --again')
    return undefined
  }
  const [outcome, ...others] = outcomes
  if (outcome === undefined || others.length > 0)
    throw new UsageError('--again requires one of --failed and --not-reached')
  return { deployment_id, outcome }
}

/** The IDs of options with commas or spaces between them. */
export const idsIn = (given: readonly string[]): string[] =>
  given.flatMap((text) => text.split(/[\s,]+/).filter((id) => id !== ''))
