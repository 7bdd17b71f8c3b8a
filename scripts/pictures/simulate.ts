import { operatorOf } from '../../src/auth/actor.ts'
import { tenantToken } from '../../src/auth/tenants/tenant-token.ts'
import { createUser } from '../../src/auth/users/create-user.ts'
import type { Login } from '../../src/client/manager.ts'
import { ServerError } from '../../src/client/server-error.ts'
import { thinSamples } from '../../src/db/samples/thin-samples.ts'
import { sql } from '../../src/db/sql.ts'
import { noteQuiet } from '../../src/deployments/upkeep/note-quiet.ts'
import { sampleDeployments } from '../../src/deployments/upkeep/sample-deployments.ts'
import { superviseRollouts } from '../../src/deployments/upkeep/supervise-rollouts.ts'
import { saveCheckIns } from '../../src/inventory/attributes/check-ins.ts'
import { sampleFleets } from '../../src/inventory/devices/sample-fleet.ts'
import type { OpenEnv } from '../../src/open-env.ts'
import { startDevices } from './devices-process.ts'
import { ACTS, prepare } from './fortnight.ts'
import { insertMembers } from './insert-members.ts'
import { FLEET, memberOf } from './members.ts'
import { startHook } from './settings.ts'
import { signInUser } from './user.ts'

const HOUR_MS = 60 * 60 * 1000
/** The fortnight in hours. In the last of them the clock moves in smaller steps, and devices poll more often. */
const [LAST_HOUR, FINE_HOURS] = [14 * 24, 6]
const [STEP, FINE_STEP] = [2, 0.5]
const LINE_EVERY_HOURS = 12

const GRACE: Login = { email: 'grace@example.com', password: 'administrator' }

export type World = {
  server: { url: string; env: OpenEnv }
  ada: Login
  /** Moves the clock of the server. */
  setClock: (time: Date) => void
  end: Date
}

/**
 * Two weeks of a fleet. Made by SQL: accepted devices with their inventory, and when those were seen last that poll no
 * more. Everything else comes about through the server, whose clock moves in steps of two hours: users act by the API
 * (`fortnight.ts`); all devices poll, report, and send logs and inventory by HTTP (`devices.ts`), but download nothing;
 * and after each step the background tasks of the server run, which record the samples of timelines.
 */
export async function simulate({ server: { url, env }, ada, setClock, end }: World): Promise<void> {
  const at = (hour: number) => new Date(end.getTime() - (LAST_HOUR - hour) * HOUR_MS)
  setClock(at(0))
  const tenant = await env.db.first<{ tenant_id: string }>(sql`select tenant_id from tenants`)
  const tenant_id = tenant?.tenant_id ?? ''
  await createUser(env, operatorOf(tenant_id), GRACE)
  const ids: Record<string, string> = {}
  await using hook = await startHook()
  // Sessions end after a week: users sign in for each act.
  const openScene = async () => ({
    ...{
      url,
      hook: hook.url,
      tenant_token: tenantToken(env, tenant_id),
      at: (hour: number) => at(hour).toISOString(),
      ids,
    },
    ...{ ada: await signInUser(url, ada), grace: await signInUser(url, GRACE) },
  })
  await prepare(await openScene())
  const members = Array.from({ length: FLEET }, (_, index) => memberOf(index))
  const port = Number(new URL(url).port)
  await using devices = startDevices({ port, tenant_id, secret: env.secret.toString('base64') })
  const acts = new Set(ACTS)
  let from = 0
  for (const to of steps()) {
    const joining = members.filter(({ joins }) => joins <= to && (joins > from || from === 0))
    if (joining.length > 0) await insertMembers(env.db, tenant_id, joining, env.now())
    for (const act of [...acts].filter(({ hour }) => hour <= to)) {
      if (act.hour > from) setClock(at(act.hour))
      if (await isDone(act.run(await openScene()))) acts.delete(act)
    }
    setClock(at(to))
    const done = await devices.run({ from, to, poll_hours: pollHours(to), now: env.now().toISOString() })
    await runTasks(env)
    if (to % LINE_EVERY_HOURS === 0) console.log(`${env.now().toISOString()} ${JSON.stringify(done)}`)
    from = to
  }
  await thinSamples(env.db, env.now(), env.config.keep.timeline)
}

/** An approval that comes too early is given at the next step. */
const isDone = (acting: Promise<unknown>): Promise<boolean> =>
  acting.then(
    () => true,
    (error) => {
      if (error instanceof ServerError && error.status === 409) return false
      throw error
    },
  )

function* steps() {
  for (let hour = STEP; hour < LAST_HOUR - FINE_HOURS; hour += STEP) yield hour
  for (let hour = LAST_HOUR - FINE_HOURS; hour <= LAST_HOUR; hour += FINE_STEP) yield hour
}

/** In the last hour every device polls that is online. */
function pollHours(hour: number): number {
  if (hour > LAST_HOUR - 1) return 1
  return hour > LAST_HOUR - FINE_HOURS ? 2 : 24
}

/** What a server does by itself every few seconds. */
async function runTasks(env: OpenEnv) {
  const { signal } = new AbortController()
  await saveCheckIns(env)
  await superviseRollouts(env, signal)
  await sampleDeployments(env)
  await sampleFleets(env, signal)
  await noteQuiet(env, signal)
}
