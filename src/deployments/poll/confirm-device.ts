import { batched } from '../../db/batch.ts'
import { partitionOfTenant, runsAtATime } from '../../db/citus/shards.ts'
import type { Env } from '../../env.ts'
import type { DeviceAttempt } from '../device-deployment.ts'
import { confirm } from '../lifecycle.ts'
import { ATTEMPTS } from '../rows/attempt-rows.ts'
import { changeRows } from '../rows/change-rows.ts'
import type { DeviceDeploymentKey } from '../rows/device-deployment-rows.ts'

/** Confirms the success of a device that polls running the release. */
export const confirmDevice = batched<Env, DeviceDeploymentKey, void>(
  (env, keys) =>
    env.db.hot.transaction((tx) =>
      changeRows<DeviceAttempt, DeviceDeploymentKey, void>(tx, keys, {
        ...{ store: ATTEMPTS, clock: env },
        decide: (row) => ({ row: confirm(row), result: undefined }),
        missing: () => undefined,
      }),
    ),
  { maxInFlight: runsAtATime, maxSize: 200, partition: partitionOfTenant, name: 'confirmations' },
)
