import { Type } from 'typebox'
import { CreatedDdiDevice, DdiDevice, NewDdiDevice, NewTargetToken, TargetToken } from '../../ddi/ddi-device.ts'
import { createDdiDevice } from '../../ddi/management/create-ddi-device.ts'
import { findDdiDevice } from '../../ddi/management/find-ddi-device.ts'
import { removeTargetToken } from '../../ddi/management/remove-target-token.ts'
import { requestConfigData } from '../../ddi/management/request-config-data.ts'
import { setTargetToken } from '../../ddi/management/set-target-token.ts'
import { nothing, refusals, withHeaders } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const tags = ['ddi']
const config = { permission: 'devices' } as const
const params = Type.Object({ id: Type.String({ description: 'ID of the device' }) })

export const ddiDeviceRoutes: Routes = (http, env) => {
  http.post(
    '/devices',
    {
      config: { ...config, creates: 'secret' },
      schema: {
        ...{ tags, operationId: 'createDdiDevice', summary: 'Accept a DDI device before its first request' },
        description:
          'The server returns its target token this once and stores only the hash. If there is a DDI device of this controller ID, 409 returns it. Requires roles without a limit to groups.',
        body: NewDdiDevice,
        response: { 201: withHeaders(CreatedDdiDevice, 'location'), ...refusals(409) },
      },
    },
    async ({ actor, body }, reply) => {
      const device = await createDdiDevice(env, actor, body)
      return reply.code(201).header('location', `/api/management/v2/ddi/devices/${device.device_id}`).send(device)
    },
  )

  http.get(
    '/devices/:id',
    {
      schema: {
        ...{ tags, operationId: 'getDdiDevice', summary: 'Get what only DDI devices have, with the newest action' },
        params,
        response: { 200: DdiDevice, ...refusals(404, 409) },
      },
    },
    async ({ actor, params: { id } }) => findDdiDevice(env, actor, id),
  )

  http.post(
    '/devices/:id/target_token',
    {
      config: { ...config, creates: 'secret' },
      schema: {
        ...{ tags, operationId: 'setTargetToken', summary: 'Give a device a target token, or a new one', params },
        description:
          'The token that it had ends at once. The server returns the new one this once and stores only its hash.',
        body: NewTargetToken,
        response: { 201: TargetToken, ...refusals(404, 409) },
      },
    },
    async ({ actor, params: { id }, body }, reply) =>
      reply.code(201).send(await setTargetToken(env, actor, { device_id: id, ...body })),
  )

  http.delete(
    '/devices/:id/target_token',
    {
      config,
      schema: {
        ...{ tags, operationId: 'removeTargetToken', summary: 'Remove the target token of a device', params },
        description: 'It ends at once. The device keeps its status.',
        response: { 204: nothing(), ...refusals(404, 409) },
      },
    },
    async ({ actor, params: { id } }, reply) => {
      await removeTargetToken(env, actor, id)
      return reply.code(204).send()
    },
  )

  http.post(
    '/devices/:id/config_data',
    {
      config,
      schema: {
        ...{ tags, operationId: 'requestConfigData', summary: 'Ask a device for its attributes', params },
        description: 'The device is asked when it polls next.',
        response: { 204: nothing(), ...refusals(404, 409) },
      },
    },
    async ({ actor, params: { id } }, reply) => {
      await requestConfigData(env, actor, id)
      return reply.code(204).send()
    },
  )
}
