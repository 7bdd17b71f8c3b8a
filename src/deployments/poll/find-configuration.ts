import { configurationArtifact } from '../../artifacts/configuration-artifact.ts'
import { batched } from '../../db/batch.ts'
import { awaitTargets } from '../../db/locks/targets-lock.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { ActiveDeployment } from '../active-deployment.ts'
import { type ActiveRow, toActive } from '../active-set.ts'
import type { ControlMap } from '../deployment.ts'
import type { DeviceFacts } from '../device-facts.ts'
import { ACTIVE_ROW } from '../rows/active-columns.ts'

type Key = { tenant_id: string; id: string }

/**
 * The deployment of a configuration, unless it is finished. It is for one device, and is read whenever that device is
 * evaluated: however many devices are configured, nothing is kept in memory, and polls of other devices do not read it.
 */
const findConfiguration = batched<Env, Key, ActiveDeployment | undefined>(
  async ({ db }, keys) => {
    const [{ tenant_id } = { tenant_id: '' }] = keys
    const ids = keys.map(({ id }) => id)
    // On a cluster the device may be read before its deployment is visible.
    await awaitTargets(db, ids)
    const rows = await db.query<ActiveRow & { update_control_map: ControlMap | null }>(sql`
      select ${ACTIVE_ROW}, d.update_control_map
      from deployments d join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
      where d.tenant_id = ${tenant_id} and d.id = any(${ids}) and p.finished is null`)
    const found = new Map(
      rows.map((row) => [
        row.id,
        { ...toActive(row), artifacts: [configurationArtifact(row)], update_control_map: row.update_control_map },
      ]),
    )
    return ids.map((id) => found.get(id))
  },
  { maxInFlight: 2, partition: ({ tenant_id }) => tenant_id, name: 'configurations' },
)

/** The unfinished deployment of the configuration of a device. */
export const findConfigurationOf = async (env: Env, tenant_id: string, { configured_by }: DeviceFacts) =>
  configured_by === null ? undefined : findConfiguration(env, { tenant_id, id: configured_by })
