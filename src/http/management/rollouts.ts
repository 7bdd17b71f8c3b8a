import { Type } from 'typebox'
import { approvePhase } from '../../deployments/orders/approve-phase.ts'
import { giveVerdict } from '../../deployments/orders/give-verdict.ts'
import { openGate } from '../../deployments/orders/open-gate.ts'
import { pauseDeployment } from '../../deployments/orders/pause-deployment.ts'
import { resumeDeployment } from '../../deployments/orders/resume-deployment.ts'
import { rollBackDeployment } from '../../deployments/orders/roll-back-deployment.ts'
import { Verdict } from '../../deployments/rollout/gate.ts'
import { created, nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { sendCreated } from '../idempotency/creates.ts'
import { requireUuid } from '../ids.ts'

const tags = ['deployments']
const deployment = { id: Type.String({ description: 'ID of the deployment' }) }
const OfDeployment = Type.Object(deployment)
const phase = { ...deployment, phase_id: Type.String({ description: 'ID of the phase' }) }
const OfPhase = Type.Object(phase)
const OfVerdict = Type.Object({
  ...phase,
  name: Type.String({ description: 'Name of the program, as the gate has it' }),
})

const text = (description: string) => Type.String({ maxLength: 1024, description })
const optional = (description: string) => Type.Optional(Type.Union([text(description), Type.Null()], { description }))

const Reason = Type.Union(
  [
    Type.Object(
      { reason: optional('Why, for the report and the audit log') },
      { title: 'PauseReason', description: 'Why a deployment is paused or resumed' },
    ),
    Type.Null(),
  ],
  { 'x-optional': true, description: 'May be absent' },
)
const Approval = Type.Union(
  [
    Type.Object(
      { comment: optional('Comment, for the report and the audit log') },
      { title: 'Approval', description: 'The approval of a gate' },
    ),
    Type.Null(),
  ],
  { 'x-optional': true, description: 'May be absent' },
)
const GateOpening = Type.Object(
  { reason: text('Why the gate is opened although it does not hold') },
  { title: 'GateOpening', description: 'Why a gate is opened' },
)
const NewVerdict = Type.Object(
  { verdict: Verdict, reason: optional('Why, for the report and the audit log') },
  { title: 'NewVerdict', description: 'What a program says of a phase' },
)
const NewRollback = Type.Object(
  {
    artifact_name: Type.String({ minLength: 1, maxLength: 4096, description: 'Name of the release to deploy' }),
    keep_limits: Type.Optional(
      Type.Boolean({
        description:
          'Whether `max_in_flight`, `offers_per_minute`, windows and blackouts hold for the rollback, too; by default they do',
      }),
    ),
  },
  { title: 'NewRollback', description: 'What to roll back to' },
)

const config = { permission: 'deployments' } as const

/** What people and programs do with a deployment that is under way, below `/api/management/v2/deployments`. */
export const rolloutRoutes: Routes = (http, env) => {
  http.post(
    '/deployments/:id/pause',
    {
      config,
      schema: {
        ...{ tags, operationId: 'pauseDeployment', summary: 'Pause a deployment', params: OfDeployment, body: Reason },
        description:
          'No device gets its first offer or another attempt until the deployment is resumed. Devices that have an offer go on.',
        response: { 204: nothing(), ...refusals(404, 409) },
      },
    },
    async ({ params, body, actor }, reply) => {
      const deployment_id = requireUuid(params.id)
      await pauseDeployment(env, actor, { deployment_id, reason: body?.reason || undefined })
      return reply.code(204).send()
    },
  )

  http.post(
    '/deployments/:id/resume',
    {
      config,
      schema: {
        ...{ tags, operationId: 'resumeDeployment', summary: 'Resume a paused deployment' },
        description: 'Its failure policy does not count what had ended before.',
        ...{ params: OfDeployment, body: Reason },
        response: { 204: nothing(), ...refusals(404, 409) },
      },
    },
    async ({ params, body, actor }, reply) => {
      const deployment_id = requireUuid(params.id)
      await resumeDeployment(env, actor, { deployment_id, reason: body?.reason || undefined })
      return reply.code(204).send()
    },
  )

  http.post(
    '/deployments/:id/rollback',
    {
      config: { ...config, creates: { location: (id) => `../../../../v1/deployments/deployments/${id}` } },
      schema: {
        ...{ tags, operationId: 'rollBackDeployment', summary: 'Roll a deployment back' },
        description:
          'Aborts the deployment, unless it is finished, and deploys a release to the devices that have had an offer of it, in one transaction.',
        ...{ params: OfDeployment, body: NewRollback },
        response: { 201: created(), ...refusals(404, 409, 422) },
      },
    },
    async ({ params, body, actor }, reply) => {
      const { artifact_name, keep_limits = true } = body
      const deployment_id = requireUuid(params.id)
      const { id } = await rollBackDeployment(env, actor, { deployment_id, artifact_name, keep_limits })
      return sendCreated(reply, id)
    },
  )

  http.post(
    '/deployments/:id/phases/:phase_id/approve',
    {
      config: { permission: 'approve' },
      schema: {
        ...{ tags, operationId: 'approvePhase', summary: 'Approve the gate of a phase', params: OfPhase },
        ...{ body: Approval, response: { 204: nothing(), ...refusals(404, 409) } },
      },
    },
    async ({ params, body, actor }, reply) => {
      const ids = { deployment_id: requireUuid(params.id), phase_id: params.phase_id }
      await approvePhase(env, actor, { ...ids, comment: body?.comment || undefined })
      return reply.code(204).send()
    },
  )

  http.post(
    '/deployments/:id/phases/:phase_id/open',
    {
      config,
      schema: {
        ...{ tags, operationId: 'openGate', summary: 'Open the gate of a phase although it does not hold' },
        ...{ params: OfPhase, body: GateOpening, response: { 204: nothing(), ...refusals(404, 409) } },
      },
    },
    async ({ params, body: { reason }, actor }, reply) => {
      await openGate(env, actor, { deployment_id: requireUuid(params.id), phase_id: params.phase_id, reason })
      return reply.code(204).send()
    },
  )

  http.put(
    '/deployments/:id/phases/:phase_id/verdicts/:name',
    {
      config,
      schema: {
        ...{ tags, operationId: 'giveVerdict', summary: 'Report the verdict of a program on a phase' },
        description: '`fail` trips the failure policy at once; a deployment without one is paused.',
        ...{ params: OfVerdict, body: NewVerdict, response: { 204: nothing(), ...refusals(404, 409) } },
      },
    },
    async ({ params, body, actor }, reply) => {
      const ids = { deployment_id: requireUuid(params.id), phase_id: params.phase_id, program: params.name }
      await giveVerdict(env, actor, { ...ids, verdict: body.verdict, reason: body.reason ?? undefined })
      return reply.code(204).send()
    },
  )
}
