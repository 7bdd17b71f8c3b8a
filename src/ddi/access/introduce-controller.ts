import { ddiIdentity, NO_KEY } from '../../auth/ddi-identity.ts'
import { introduceDevice } from '../../auth/devices/introduce-device.ts'
import type { Env } from '../../env.ts'

type NewController = {
  tenant_id: string
  /** The id of the device, if only its auth set is missing. */
  known_id: string | undefined
  controller_id: string
  /** Whether the device is accepted at its next request, without the decision of a user. */
  is_accepted: boolean
}

/** Creates a device, or its auth set, at its first request. If another request does the same, does nothing. */
export async function introduceController(
  env: Env,
  { tenant_id, known_id, controller_id, is_accepted }: NewController,
): Promise<void> {
  await env.db.transaction((tx) =>
    introduceDevice(
      tx,
      {
        ...{ tenant_id, known_id, dialect: 'ddi', status: is_accepted ? 'preauthorized' : 'pending' },
        credentials: { identity: ddiIdentity(controller_id), key: NO_KEY },
      },
      env.now(),
    ),
  )
}
