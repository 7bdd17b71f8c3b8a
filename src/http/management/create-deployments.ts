import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type Declaration, readDeclaration } from '../../deployments/declaration.ts'
import {
  anyTarget,
  filterTarget,
  groupTarget,
  NewAnyDeployment,
  NewDynamicDeployment,
  NewStaticDeployment,
  staticTarget,
} from '../../deployments/deployment.ts'
import { createDeployment } from '../../deployments/orders/create-deployment.ts'
import type { NewDeployment } from '../../deployments/orders/plan-deployment.ts'
import { DeploymentPreview, previewDeployment } from '../../deployments/orders/preview-deployment.ts'
import { resolveRecipe } from '../../deployments/orders/resolve-recipe.ts'
import type { WithRecipe } from '../../deployments/recipe.ts'
import { NewRollout } from '../../deployments/rollout/rules.ts'
import type { Target } from '../../deployments/target.ts'
import { created, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { sendCreated } from '../idempotency/creates.ts'

const tags = ['deployments']

// Clients read the ID as the last or as the sixth segment of Location. In these relative forms it is both, and from the
// path of the request they resolve to the v1 URL.
const location = (id: string) => `../../v1/deployments/deployments/${id}`
const groupLocation = (id: string) => `../../../deployments/deployments/${id}`

type Body = WithRecipe<Omit<NewDynamicDeployment, 'filter_id' | 'max_devices'>>

type Given = { target: Target; declaration: Declaration | undefined }

const toNew = (body: Body, { target, declaration }: Given): NewDeployment => ({
  name: body.name,
  artifact_name: body.artifact_name,
  ...{ target, declaration },
  phases: body.phases ?? [],
  retries: body.retries ?? 0,
  force_installation: body.force_installation ?? false,
  update_control_map: body.update_control_map ?? undefined,
  autogenerate_delta: body.autogenerate_delta ?? undefined,
  rollout: Object.fromEntries(ROLLOUT_MEMBERS.map((member) => [member, body[member]])),
  has_recipe_phases: body.has_recipe_phases,
})

const ROLLOUT_MEMBERS = Object.keys(NewRollout.properties) as (keyof NewRollout)[]

// Mender's published example wraps the body in a list of one.
const unwrap = async (request: FastifyRequest) => {
  if (Array.isArray(request.body) && request.body.length === 1) request.body = request.body[0]
}

/** A list of 1,000,000 devices takes 39 MB. */
const LIST_LIMIT = 64 * 1024 * 1024

/** `POST /api/management/v2/deployments/deployments` */
export const createDynamicRoutes: Routes = (http, env) => {
  http.post(
    '/deployments',
    {
      config: { permission: 'deployments', feature: 'dynamic_deployments', creates: { location } },
      preValidation: unwrap,
      schema: {
        ...{ tags, operationId: 'createDeployment', summary: 'Deploy to the devices that match a saved filter' },
        description:
          'Dynamic: devices that match later are included. Each device gets the artifact of the release that fits it; a device without one ends as `noartifact`. Percentages of phases refer to the devices that match at creation.',
        body: NewDynamicDeployment,
        response: { 201: created(), ...refusals(422) },
      },
    },
    async (request, reply) => {
      const { actor } = request
      const declaration = readDeclaration(request.body)
      const body = await resolveRecipe(env, actor, request.body)
      const { id } = await createDeployment(env, actor, toNew(body, { target: filterTarget(body), declaration }))
      return sendCreated(reply, id)
    },
  )
}

/** `POST /api/management/v2/deployments/deployments/preview` */
export const previewRoutes: Routes = (http, env) => {
  http.post(
    '/deployments/preview',
    {
      bodyLimit: LIST_LIMIT,
      config: { long_list: 'devices' },
      preValidation: unwrap,
      schema: {
        ...{ tags, operationId: 'previewDeployment', summary: 'Preview a deployment' },
        description:
          'Returns what creating the same deployment would do now, and refuses what creation would refuse, such as a `key` that another deployment has; nothing is stored. Takes the body of any create: `filter_id`, or `devices`, `all_devices` or `group`. Artifacts are chosen by what the inventory has of the devices.',
        body: NewAnyDeployment,
        response: { 200: DeploymentPreview, ...refusals(409, 422) },
      },
    },
    async (request) => {
      const { actor, long_list } = request
      const declaration = readDeclaration(request.body, long_list)
      const body = await resolveRecipe(env, actor, request.body)
      return previewDeployment(env, actor, toNew(body, { target: anyTarget(body, long_list), declaration }))
    },
  )
}

/** `POST /api/management/v1/deployments/deployments` and `.../group/{name}` */
export const createStaticRoutes: Routes = (http, env) => {
  http.post(
    '/deployments',
    {
      bodyLimit: LIST_LIMIT,
      config: { permission: 'deployments', long_list: 'devices', creates: { location } },
      schema: {
        ...{
          tags,
          operationId: 'createStaticDeployment',
          summary: 'Deploy to listed devices, or to all accepted devices',
        },
        description: 'Static: all accepted devices are those at creation.',
        body: NewStaticDeployment,
        response: { 201: created(), ...refusals(422) },
      },
    },
    async (request, reply) => {
      const { actor, long_list } = request
      const declaration = readDeclaration(request.body, long_list)
      const body = await resolveRecipe(env, actor, request.body)
      const target = staticTarget(body, long_list)
      const { id } = await createDeployment(env, actor, toNew(body, { target, declaration }))
      return sendCreated(reply, id)
    },
  )

  http.post(
    '/deployments/group/:name',
    {
      config: { permission: 'deployments', creates: { location: groupLocation } },
      schema: {
        ...{ tags, operationId: 'createGroupDeployment', summary: 'Deploy to the accepted devices of a group' },
        description: 'Static: the devices are those in the group at creation. The body must not name devices.',
        params: Type.Object({ name: Type.String({ description: 'Name of the group' }) }),
        body: NewStaticDeployment,
        response: { 201: created(), ...refusals(422) },
      },
    },
    async (request, reply) => {
      const { actor, params } = request
      const declaration = readDeclaration({ ...request.body, group: params.name })
      const body = await resolveRecipe(env, actor, request.body)
      const target = groupTarget(params.name, body)
      const { id } = await createDeployment(env, actor, toNew(body, { target, declaration }))
      return sendCreated(reply, id)
    },
  )
}
