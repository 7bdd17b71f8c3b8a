import { batched } from '../../db/batch.ts'
import { partitionOfTenant } from '../../db/citus/shards.ts'
import type { Env } from '../../env.ts'
import { confirm } from '../lifecycle.ts'
import { changeRows } from '../rows/change-rows.ts'
import type { DeviceDeploymentKey } from '../rows/device-deployment-rows.ts'

/** Confirms the success of a device that polls running the release. */
export const confirmDevice = batched<Env, DeviceDeploymentKey, void>(
  (env, keys) =>
    env.db.transaction((tx) =>
      changeRows<DeviceDeploymentKey, void>(tx, keys, {
        clock: env,
        decide: (row) => ({ row: confirm(row), result: undefined }),
        missing: () => undefined,
      }),
    ),
  { maxInFlight: 2, maxSize: 200, partition: partitionOfTenant, name: 'confirmations' },
)
