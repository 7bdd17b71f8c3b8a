import { ddiIdentity } from '../../auth/ddi-identity.ts'
import { usePreauthorization } from '../../auth/devices/use-preauthorization.ts'
import { wrongDeviceToken } from '../../ddi-errors.ts'
import type { Env } from '../../env.ts'
import { tenantOfDeviceSuspended } from '../../errors.ts'
import { typeAttributesOf } from '../config-data.ts'
import { type Admission, admissionOf, type Credential } from '../credential.ts'
import { pollingOf } from '../polling.ts'
import { type ControllerRow, findControllerRow } from '../rows/controller-rows.ts'
import { type DdiTenant, findDdiTenant } from '../rows/tenant-rows.ts'
import type { Controller } from './controller.ts'
import { introduceController } from './introduce-controller.ts'

/** As a request names its device, and proves to be it. `tenant`: an id or a name, in any case. */
export type ControllerRequest = { tenant: string; controller_id: string; credential: Credential }

// One try creates the device, one accepts it; more are needed only if others change the device concurrently.
const MAX_TRIES = 6

/**
 * The device of a request. The first request of a device with a gateway token or a certificate creates the device, which
 * then waits for the decision of a user, unless the tenant accepts such devices at once. Throws `WrongGuess` if the
 * credential is wrong.
 */
export async function authenticateController(env: Env, request: ControllerRequest): Promise<Controller> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const history = env.db.history()
    const tenant = await findDdiTenant(env, { name: request.tenant.toLowerCase(), token_sha256: tokenOf(request) })
    if (!tenant) throw wrongDeviceToken()
    const row = await findControllerRow(env, queryOf(tenant, request))
    const admission = admissionOf(request.credential, knownOf(tenant, row, request))
    if (admission !== 'wrong_credential' && !tenant.is_active) throw tenantOfDeviceSuspended()
    if (admission === 'admitted') return toController(tenant, row as KnownRow, history)
    await prepare(env, { admission, tenant, row, request })
  }
  throw wrongDeviceToken()
}

const tokenOf = ({ credential }: ControllerRequest): string | undefined =>
  credential.kind === 'certificate' ? undefined : credential.token_sha256

const queryOf = ({ tenant_id, settings }: DdiTenant, request: ControllerRequest) => ({
  tenant_id,
  type_attributes: typeAttributesOf(settings),
  identity_sha256: ddiIdentity(request.controller_id).sha256,
  token_sha256: tokenOf(request),
})

const knownOf = (
  { settings, has_gateway_token }: DdiTenant,
  row: ControllerRow | undefined,
  { controller_id }: ControllerRequest,
) => ({
  ...{ settings, controller_id, has_gateway_token },
  has_target_token: row?.has_target_token ?? false,
  status: row?.status ?? undefined,
})

type Preparation = {
  admission: Admission
  tenant: DdiTenant
  row: ControllerRow | undefined
  request: ControllerRequest
}

/** Does what must come before the request is admitted, or refuses it. */
async function prepare(env: Env, { admission, tenant, row, request }: Preparation): Promise<void> {
  const { tenant_id, settings } = tenant
  switch (admission) {
    case 'introduce':
      await introduceController(env, {
        ...{ tenant_id, known_id: row?.device_id, controller_id: request.controller_id },
        is_accepted: settings.accepts_devices,
      })
      return
    case 'accept': {
      const { device_id, auth_set_id } = row as KnownRow
      await usePreauthorization(env, { tenant_id, device_id, auth_set_id })
      return
    }
    default:
      throw wrongDeviceToken(admission === 'wrong_credential')
  }
}

type KnownRow = ControllerRow & {
  [Key in 'auth_set_id' | 'status' | 'token_generation']: NonNullable<ControllerRow[Key]>
}

/** `history`: of the database, before tenant and row were read. */
function toController(
  { tenant_id, settings, quiet_hours, deployments_version }: DdiTenant,
  row: KnownRow,
  history: number,
): Controller {
  const { device_id, auth_set_id, token_generation, status, device_version, has_target_token: _, ...others } = row
  const device = { tenant_id, device_id, auth_set_id, token_generation }
  const polling = pollingOf(settings, quiet_hours)
  return { device, status, settings, polling, versions: { device_version, deployments_version, history }, ...others }
}
