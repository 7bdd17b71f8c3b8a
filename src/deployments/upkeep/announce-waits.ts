import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { isOpen, type PhaseState, stageOf } from '../phase-state.ts'
import type { Progress } from '../progress.ts'
import { gateText } from '../rollout-texts.ts'
import { announceDeployment, type Happening, phaseOf, readNames } from '../rows/announce-rows.ts'
import { type DeploymentKey, keyOf } from '../rows/deployment-key.ts'
import { readPhases } from '../rows/phase-rows.ts'
import { loadPhases, lockProgress } from '../rows/progress-rows.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Announces to integrations what no transaction writes: phases that open by their start alone, and gates that wait for
 * an approval. Each once, by its phase: its event is kept that long. Several processes may do this at the same time.
 * A deployment for which it fails keeps no other waiting; the error is thrown at the end.
 */
export async function announceWaits(env: Pick<Env, 'db' | 'now'>, stop: AbortSignal): Promise<void> {
  const now = nowText(env)
  const started = await findStarted(env.db, now)
  const waiting = await findWaiting(env.db)
  const keys = [...new Map([...started, ...waiting].map((key) => [keyOf(key), key])).values()]
  const phases = await readPhases(env.db, keys)
  const failures: unknown[] = []
  for (const key of keys) {
    if (stop.aborted) break
    const is_started = started.some((one) => keyOf(one) === keyOf(key))
    if (!is_started && !(phases.get(keyOf(key)) ?? []).some((_, i, all) => isAwaited(all, i, now))) continue
    await announceOne(env.db, key, now).catch((error) => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}

const announceOne = (db: Env['db'], key: DeploymentKey, now: string): Promise<void> =>
  db.transaction(async (tx) => {
    const progress = (await lockProgress(tx, [key])).get(keyOf(key))
    if (!progress || progress.finished !== null) return
    await loadPhases(tx, [progress])
    await announceMissing(tx, progress, now)
  })

const isAwaited = (phases: readonly PhaseState[], index: number, now: string): boolean =>
  stageOf(phases, index, now) === 'awaiting_approval'

async function announceMissing(tx: Db, progress: Progress, now: string): Promise<void> {
  const { tenant_id, deployment_id, phases } = progress
  const announced = await readAnnounced(tx, progress)
  const started = new Set((await findStarted(tx, now, progress)).map(({ phase_index }) => phase_index))
  const happenings = phases.flatMap((phase, i): Happening[] => {
    const details = { phase: phaseOf(phase) }
    const message = gateText(phases, i, now)
    const opened: Happening = {
      ...{ type: 'deployment-phase-opened', details: { ...details, opened_at: phase.opened_at ?? phase.start_ts } },
    }
    const awaited: Happening = { type: 'deployment-gate-waiting', details: { ...details, message } }
    return [
      ...(started.has(phase.phase_index) && isOpen(phases, i, now) ? [opened] : []),
      ...(isAwaited(phases, i, now) ? [awaited] : []),
    ].filter(({ type }) => !announced.has(`${type} ${phase.id}`))
  })
  const names = (await readNames(tx, [progress])).get(keyOf(progress))
  if (names) await announceDeployment(tx, { tenant_id, deployment_id, at: now, ...names }, happenings)
}

async function readAnnounced(tx: Db, { tenant_id, deployment_id }: DeploymentKey): Promise<Set<string>> {
  const rows = await tx.query<{ type: string; phase_id: string }>(sql`
    select type, data -> 'phase' ->> 'id' as phase_id from webhook_events
    where tenant_id = ${tenant_id} and subject = ${`deployment:${deployment_id}`}
      and type in ('deployment-phase-opened', 'deployment-gate-waiting')`)
  return new Set(rows.map(({ type, phase_id }) => `${type} ${phase_id}`))
}

type Started = DeploymentKey & { phase_index: number }

/**
 * Phases of unfinished deployments that have opened within a day, not before their deployment or the integration was
 * created, and were not announced. Later phases of deployments with gates are announced when they open.
 */
const findStarted = (db: Db, now: string, only?: DeploymentKey): Promise<Started[]> =>
  db.query<Started>(sql`
    select f.tenant_id, f.deployment_id, f.phase_index from deployment_phases f
      join deployments d on d.tenant_id = f.tenant_id and d.id = f.deployment_id
      join deployment_progress p on p.tenant_id = f.tenant_id and p.deployment_id = f.deployment_id
    where exists (select from integrations) and p.finished is null
      and (${only?.deployment_id ?? null}::text is null or f.deployment_id = ${only?.deployment_id ?? null})
      and f.start_ts <= ${now} and f.start_ts > ${new Date(Date.parse(now) - DAY_MS).toISOString()}
      and f.start_ts > d.created
      and (f.phase_index = 0 or not coalesce((d.rollout -> 'has_gates')::boolean, false))
      and exists (select from integrations i where i.tenant_id = f.tenant_id and i.created_ts <= f.start_ts)
      and not exists (
        select from webhook_events e
        where e.tenant_id = f.tenant_id and e.subject = 'deployment:' || f.deployment_id
          and e.type = 'deployment-phase-opened' and e.data -> 'phase' ->> 'id' = f.id)`)

/** Deployments with a gate that asks for an approval it does not have. It may not wait for it yet. */
const findWaiting = (db: Db): Promise<DeploymentKey[]> =>
  db.query<DeploymentKey>(sql`
    select distinct f.tenant_id, f.deployment_id from deployment_phases f
      join deployment_progress p on p.tenant_id = f.tenant_id and p.deployment_id = f.deployment_id
    where exists (select from integrations) and p.finished is null
      and f.gate ->> 'approval' <> 'none' and f.gate_opened_at is null and f.approved_at is null
      and exists (select from integrations i where i.tenant_id = f.tenant_id)
      and not exists (
        select from webhook_events e
        where e.tenant_id = f.tenant_id and e.subject = 'deployment:' || f.deployment_id
          and e.type = 'deployment-gate-waiting' and e.data -> 'phase' ->> 'id' = f.id)`)
