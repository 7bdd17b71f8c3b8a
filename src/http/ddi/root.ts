import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Controller } from '../../ddi/access/controller.ts'
import { type DdiPoll, pollDevice } from '../../ddi/actions/poll-device.ts'
import { saveConfigData } from '../../ddi/actions/save-config-data.ts'
import { ConfigData } from '../../ddi/config-data.ts'
import { idleInterval, jittered } from '../../ddi/polling.ts'
import { nothing } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { HAL, rootAnswer } from './answers.ts'
import { ROOT } from './fast-path.ts'
import { deviceUrl } from './identify.ts'
import { rememberPoll } from './known-polls.ts'
import { hal, Params, RootResource, tags } from './schemas.ts'

export const ddiPollRoutes: Routes = (http, env) => {
  http.get(
    ROOT,
    {
      schema: {
        ...{ tags, operationId: 'pollDdi', summary: 'Poll for what to do', params: Type.Object(Params) },
        response: { 200: hal(RootResource) },
      },
    },
    async (request, reply) => {
      const { controller } = request
      const poll = await pollDevice(env, controller)
      remember(request, poll)
      reply.header('content-type', HAL)
      return reply.send(rootAnswer(deviceUrl(env, request), poll, sleepOf(controller, poll, env.now().getTime())))
    },
  )

  const remember = ({ poll_key, controller }: FastifyRequest, { is_idle }: DdiPoll) => {
    const { device, versions, polling } = controller
    rememberPoll(env, poll_key, { device, versions, polling, is_idle })
  }
}

function sleepOf({ settings, polling }: Controller, { action, config_data }: DdiPoll, now_ms: number): number {
  const { polling_interval_s, busy_polling_interval_s } = settings
  if (action || config_data) return jittered(Math.min(polling_interval_s, busy_polling_interval_s), Math.random())
  return idleInterval(polling, now_ms, Math.random())
}

export const configDataRoutes: Routes = (http, env) => {
  http.put(
    `${ROOT}/configData`,
    {
      schema: {
        ...{ tags, operationId: 'sendDdiConfigData', summary: 'Send the attributes of the device' },
        ...{ params: Type.Object(Params), body: ConfigData, response: { 200: nothing() } },
      },
    },
    async ({ controller, body }, reply) => {
      await saveConfigData(env, controller, body)
      return reply.code(200).send()
    },
  )
}
