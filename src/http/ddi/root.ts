import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type DdiPoll, pollDevice } from '../../ddi/actions/poll-device.ts'
import { saveConfigData } from '../../ddi/actions/save-config-data.ts'
import { ConfigData } from '../../ddi/config-data.ts'
import type { DdiSettings } from '../../ddi/ddi-settings.ts'
import { jittered } from '../../ddi/polling.ts'
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
      return reply.send(rootAnswer(deviceUrl(env, request), poll, sleepOf(controller.settings, poll)))
    },
  )

  const remember = ({ poll_key, controller }: FastifyRequest, { is_idle }: DdiPoll) => {
    const { device, versions, settings } = controller
    rememberPoll(env, poll_key, { device, versions, polling_interval_s: settings.polling_interval_s, is_idle })
  }
}

const sleepOf = ({ polling_interval_s, busy_polling_interval_s }: DdiSettings, { action, config_data }: DdiPoll) =>
  jittered(
    action || config_data ? Math.min(polling_interval_s, busy_polling_interval_s) : polling_interval_s,
    Math.random(),
  )

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
