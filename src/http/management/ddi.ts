import { Type } from 'typebox'
import { DdiSettings, NewDdiSettings } from '../../ddi/ddi-settings.ts'
import { CreatedGatewayToken, GatewayToken, NewGatewayToken } from '../../ddi/gateway-token.ts'
import { GATEWAY_TOKEN_COLUMNS, gatewayTokenCells } from '../../ddi/gateway-token-csv.ts'
import { createGatewayToken } from '../../ddi/management/create-gateway-token.ts'
import { findDdiSettings } from '../../ddi/management/find-ddi-settings.ts'
import { findGatewayTokens } from '../../ddi/management/find-gateway-tokens.ts'
import { revokeGatewayToken } from '../../ddi/management/revoke-gateway-token.ts'
import { saveDdiSettings } from '../../ddi/management/save-ddi-settings.ts'
import { CSV_NOTE, Csv, sendCsv } from '../bodies/csv.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const tags = ['ddi']
const config = { permission: 'devices' } as const
const UNSCOPED = 'Requires roles without a limit to groups.'

export const ddiSettingsRoutes: Routes = (http, env) => {
  http.get(
    '/settings',
    {
      schema: {
        ...{ tags, operationId: 'getDdiSettings', summary: 'Get the settings of DDI' },
        response: { 200: DdiSettings },
      },
    },
    async ({ actor }) => findDdiSettings(env, actor),
  )

  http.put(
    '/settings',
    {
      config,
      schema: {
        ...{ tags, operationId: 'replaceDdiSettings', summary: 'Replace the settings of DDI', body: NewDdiSettings },
        description: `They apply from the next request of each device on. ${UNSCOPED}`,
        response: { 204: nothing() },
      },
    },
    async ({ actor, body }, reply) => {
      await saveDdiSettings(env, actor, body)
      return reply.code(204).send()
    },
  )
}

export const gatewayTokenRoutes: Routes = (http, env) => {
  http.get(
    '/gateway_tokens',
    {
      schema: {
        ...{ tags, operationId: 'listGatewayTokens', summary: 'List the gateway tokens, oldest first' },
        response: { 200: Type.Array(GatewayToken) },
      },
    },
    async ({ actor }) => findGatewayTokens(env, actor),
  )

  http.get(
    '/gateway_tokens/export',
    {
      schema: {
        ...{ tags, operationId: 'exportGatewayTokens', summary: 'Export the gateway tokens as a table' },
        ...{ description: `Without the tokens themselves. ${CSV_NOTE}`, response: { 200: Csv } },
      },
    },
    async ({ actor }, reply) => {
      const rows = (await findGatewayTokens(env, actor)).map(gatewayTokenCells)
      return sendCsv(reply, { name: 'gateway-tokens', columns: GATEWAY_TOKEN_COLUMNS, chunks: [rows] })
    },
  )

  http.post(
    '/gateway_tokens',
    {
      config: { ...config, creates: 'secret' },
      schema: {
        ...{ tags, operationId: 'createGatewayToken', summary: 'Create a gateway token' },
        description: `Any DDI device may authenticate by it, if the settings of DDI allow gateway tokens. The server returns the token this once and stores only its hash. ${UNSCOPED}`,
        body: NewGatewayToken,
        response: { 201: CreatedGatewayToken, ...refusals(409, 422) },
      },
    },
    async ({ actor, body }, reply) => reply.code(201).send(await createGatewayToken(env, actor, body)),
  )

  http.delete(
    '/gateway_tokens/:id',
    {
      config,
      schema: {
        ...{ tags, operationId: 'revokeGatewayToken', summary: 'Revoke a gateway token' },
        description: `No device can authenticate by it any more. ${UNSCOPED}`,
        params: Type.Object({ id: Type.String({ description: 'ID of the gateway token' }) }),
        response: { 204: nothing(), ...refusals(404) },
      },
    },
    async ({ actor, params }, reply) => {
      await revokeGatewayToken(env, actor, params.id)
      return reply.code(204).send()
    },
  )
}
