import type { NewAnyDeployment } from '../../client/api.ts'
import type { Sent } from '../../client/operation.ts'
import { ServerError } from '../../client/server-error.ts'
import type { FileDeployment } from '../../deployments/rollout-file.ts'
import { createDeployment } from '../deployments/create-deployment.ts'
import { DEPLOYMENT, PREVIEW } from '../deployments/paths.ts'
import { previewTerms } from '../filters/search.ts'
import type { Server } from '../remote/server.ts'
import { listed } from '../similar.ts'
import { type Context, type FoundFilter, findFilterNamed, refusal } from './context.ts'
import { withFilterIds } from './name-filters.ts'
import { findRelease } from './releases.ts'
import { additions, changeStep, type Step } from './step.ts'

/** A deployment is identified by its key. Of one that exists, only the update control map changes. */
export async function planDeployment(context: Context, deployment: FileDeployment): Promise<Step> {
  const { key, filter, ...others } = deployment
  const { members, filters, missing } = await withFilterIds(context, others)
  const target = filter === undefined ? undefined : await findFilterNamed(context, filter, 'filter_id')
  const absent = [
    ...[...missing, ...(target && !target.is_saved ? [filter ?? ''] : [])].map((name) => `filter "${name}"`),
    ...(await absentRecipe(context, deployment)),
  ]
  if (absent.length > 0) return planLater(context, deployment, { target, absent })
  const body = { key, ...members, ...(target?.is_saved && { filter_id: target.id }) }
  const all = target ? [...filters, target] : filters
  return planNow(context, deployment, { body, isChanging: all.some((one) => one.is_saved && one.is_changing) })
}

/** The recipe of a deployment, if it is to be created first. */
async function absentRecipe(context: Context, { recipe }: FileDeployment): Promise<string[]> {
  const isDeclared = context.declared.recipes.some(({ value }) => value.name === recipe)
  if (!recipe || !isDeclared) return []
  return (await context.recipes()).some(({ name }) => name === recipe) ? [] : [`recipe "${recipe}"`]
}

type Later = { target: FoundFilter | undefined; absent: string[] }

/** It cannot be previewed before what it names exists. */
async function planLater(
  { server }: Context,
  { key, artifact_name }: FileDeployment,
  { target, absent }: Later,
): Promise<Step> {
  await findRelease(server, artifact_name, 'artifact_name')
  const counted =
    target && !target.is_saved ? { device_count: (await previewTerms(server, target.terms, 1)).count } : {}
  const note = `What it would do in numbers can be counted once ${listed(absent)} exists.`
  const run = async () => {
    throw refusal(`There is no ${listed(absent)} any more.`, 'key')
  }
  return {
    kind: 'deployment',
    name: key,
    action: 'create',
    changes: additions({ artifact_name }),
    ...counted,
    note,
    run,
  }
}

type Now = { body: Sent<NewAnyDeployment>; isChanging: boolean }

async function planNow({ server }: Context, deployment: FileDeployment, { body, isChanging }: Now): Promise<Step> {
  const { key, artifact_name } = deployment
  const as = { kind: 'deployment', name: key } as const
  try {
    const { body: preview } = await server.post(PREVIEW, { body })
    const run = () => createDeployment(server, body)
    const note = isChanging ? 'Counted by the filter as it is now: these files change it.' : undefined
    return { ...as, action: 'create', changes: additions({ artifact_name }), preview, note, run }
  } catch (error) {
    if (!(error instanceof ServerError && error.code === 'deployment_key_taken')) throw error
    return planExisting(server, deployment, error)
  }
}

const CONTROL_MAP = 'update_control_map'

/** The step for the deployment that has the key. Throws if its creation said what cannot be changed. */
async function planExisting(server: Server, deployment: FileDeployment, { body }: ServerError): Promise<Step> {
  const { key, update_control_map: after = null } = deployment
  const id = String(body.deployment_id)
  const changed = (body.changed as string[]).map((name) => (name === 'filter_id' ? 'filter' : name))
  const fixed = changed.filter((name) => name !== CONTROL_MAP)
  if (fixed.length > 0) throw fixedMembers(key, id, fixed)
  if (changed.length === 0) return changeStep('deployment', key, { changes: [], id, run: async () => id })
  const path = { id }
  const { update_control_map: before, status } = (await server.get(DEPLOYMENT, { path })).body
  if (status === 'finished') throw finishedDeployment(key, id)
  return changeStep('deployment', key, {
    changes: [{ member: CONTROL_MAP, before, after }],
    id,
    async run() {
      await server.patch(DEPLOYMENT, { path, body: { update_control_map: after } })
      return id
    },
  })
}

const NEW_KEY = 'undo the change, or give what is to be a new deployment a new key.'

const fixedMembers = (key: string, id: string, members: readonly string[]) =>
  refusal(
    `deployment "${key}" exists (${id}) and was created with another ${listed(members)}. Of a deployment only ` +
      `${CONTROL_MAP} changes: ${NEW_KEY}`,
    members[0] ?? 'key',
  )

const finishedDeployment = (key: string, id: string) =>
  refusal(
    `deployment "${key}" (${id}) is finished, and had another ${CONTROL_MAP}, which does not change any more: ${NEW_KEY}`,
    CONTROL_MAP,
  )
