import type { Artifact } from '../artifacts/artifact.ts'
import type { Term } from '../inventory/filter.ts'
import type { AttributeName } from '../inventory/filters/referenced-attributes.ts'
import type { AudienceDevice } from './audience.ts'
import type { ControlMap } from './deployment.ts'
import type { NoCapacity } from './remaining-capacity.ts'

/** What a poll needs to know of an unfinished deployment, at one `deployments_version` or later. */
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
  /** That its devices meet, of those it does not name. */
  terms: Term[]
  matches: (device: AudienceDevice) => boolean
  retries: number
  force_installation: boolean
  update_control_map: ControlMap | null
  /** Whether offers depend on counters: it has phases or a limit. */
  limited: boolean
  artifacts: Artifact[]
  /** That nobody more is counted in, as far as this process has seen. */
  no_capacity: NoCapacity | null
}

/** The unfinished deployments of a tenant at one version, or later ones. */
export type ActiveDeployments = {
  version: number
  /** All of them were there at this version. A device that was looked at before may be meant for some without showing it. */
  complete_as_of: number
  byId: ReadonlyMap<string, ActiveDeployment>
  /** When the newest was created; empty: there is none. */
  newest: string
  /** The attributes that their filters look at. */
  referenced: readonly AttributeName[]
  /** Whether one depends on when a device was last seen, the one thing that changes without the device's version. */
  references_check_in: boolean
  /** The dynamic ones that the accepted device matches, and those that list it as what it is, in no order. */
  matching(device: AudienceDevice): ActiveDeployment[]
}
