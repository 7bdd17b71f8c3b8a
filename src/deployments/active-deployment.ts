import type { Artifact } from '../artifacts/artifact.ts'
import type { Term } from '../inventory/filter.ts'
import type { AttributeName } from '../inventory/filters/referenced-attributes.ts'
import type { AudienceDevice } from './audience.ts'
import type { ControlMap } from './deployment.ts'
import type { NoCapacity } from './remaining-capacity.ts'

/** What a poll needs of an unfinished deployment, at one `deployments_version` or later. */
export type ActiveDeployment = {
  tenant_id: string
  id: string
  artifact_name: string
  created: string
  type: string
  dynamic: boolean
  /** As in `TargetDevices`. */
  audience: 'all' | 'group' | null
  groups: string[]
  /** The terms that its devices match, unless it names them. */
  terms: Term[]
  matches: (device: AudienceDevice) => boolean
  retries: number
  force_installation: boolean
  update_control_map: ControlMap | null
  /** Whether offers depend on counters: the deployment has phases or a device limit. */
  limited: boolean
  artifacts: Artifact[]
  /** Set once a claim of this process found no capacity. */
  no_capacity: NoCapacity | null
}

/** The unfinished deployments of a tenant, at `version` or later. */
export type ActiveDeployments = {
  version: number
  /** At this version all of them existed. Facts of a device as of an earlier version may lack some that are for it. */
  complete_as_of: number
  byId: ReadonlyMap<string, ActiveDeployment>
  /** When the newest was created; empty: there is none. */
  newest: string
  /** The attributes that their filters reference. */
  referenced: readonly AttributeName[]
  /** Whether a filter references the check-in time, the one attribute that changes without the device's version. */
  references_check_in: boolean
  /** The dynamic ones that the accepted device matches, and those that list it by its membership, in no order. */
  matching(device: AudienceDevice): ActiveDeployment[]
}
