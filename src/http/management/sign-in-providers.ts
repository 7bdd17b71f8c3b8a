import { Type } from 'typebox'
import { ChangedProvider, NewProvider, Provider, ProviderCheck } from '../../auth/provider.ts'
import { PROVIDER_COLUMNS, providerCells } from '../../auth/provider-csv.ts'
import { changeProvider } from '../../auth/providers/change-provider.ts'
import { checkProvider } from '../../auth/providers/check-provider.ts'
import { createProvider } from '../../auth/providers/create-provider.ts'
import { deleteProvider } from '../../auth/providers/delete-provider.ts'
import { findProvider, findProviders } from '../../auth/providers/find-providers.ts'
import { findSignInSettings } from '../../auth/providers/find-sign-in-settings.ts'
import { saveSignInSettings } from '../../auth/providers/save-sign-in-settings.ts'
import { SignInSettings } from '../../auth/sign-in-settings.ts'
import { baseUrl } from '../base-url.ts'
import { CSV_NOTE, Csv, sendCsv } from '../bodies/csv.ts'
import { created, nothing, refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { sendCreated } from '../idempotency/creates.ts'

const tags = ['useradm']
const config = { permission: 'users' } as const
const location = (id: string) => `/api/management/v1/useradm/sign_in_providers/${id}`
const params = Type.Object({ id: Type.String({ description: 'ID of the sign-in provider' }) })

export const signInProviderRoutes: Routes = (http, env) => {
  http.get(
    '/sign_in_providers',
    {
      config,
      schema: {
        ...{ tags, operationId: 'listSignInProviders', summary: 'List the sign-in providers, by name' },
        response: { 200: Type.Array(Provider) },
      },
    },
    async (request) => findProviders(env, request.actor, baseUrl(env, request)),
  )

  http.get(
    '/sign_in_providers/all/export',
    {
      config,
      schema: {
        ...{ tags, operationId: 'exportSignInProviders', summary: 'Export all sign-in providers as a table' },
        ...{ description: `Without their secrets. ${CSV_NOTE}`, response: { 200: Csv } },
      },
    },
    async (request, reply) => {
      const rows = (await findProviders(env, request.actor, baseUrl(env, request))).map(providerCells)
      return sendCsv(reply, { name: 'sign-in-providers', columns: PROVIDER_COLUMNS, chunks: [rows] })
    },
  )

  http.post(
    '/sign_in_providers',
    {
      config: { ...config, creates: { location } },
      schema: {
        ...{ tags, operationId: 'createSignInProvider', summary: 'Create a sign-in provider', body: NewProvider },
        description:
          'Users can sign in by it at once: see `docs/sign-in.md`. The secret is never returned. Its addresses must be public, unless the configuration of the server allows them.',
        response: { 201: created(), ...refusals(409, 422) },
      },
    },
    async ({ actor, body }, reply) => {
      const { id } = await createProvider(env, actor, body)
      return sendCreated(reply, id)
    },
  )

  http.get(
    '/sign_in_providers/:id',
    {
      config,
      schema: {
        ...{ tags, operationId: 'getSignInProvider', summary: 'Get a sign-in provider', params },
        response: { 200: Provider, ...refusals(404) },
      },
    },
    async (request) => findProvider(env, request.actor, { id: request.params.id, base_url: baseUrl(env, request) }),
  )

  http.put(
    '/sign_in_providers/:id',
    {
      config,
      schema: {
        ...{ tags, operationId: 'replaceSignInProvider', summary: 'Replace a sign-in provider', params },
        description:
          'The secret stays as it is unless another is given. If the provider is disabled, or gets another issuer or client, the sessions that it has opened end.',
        ...{ body: ChangedProvider, response: { 204: nothing(), ...refusals(404, 409, 422) } },
      },
    },
    async ({ actor, params: { id }, body }, reply) => {
      await changeProvider(env, actor, { id, provider: body })
      return reply.code(204).send()
    },
  )

  http.delete(
    '/sign_in_providers/:id',
    {
      config,
      schema: {
        ...{ tags, operationId: 'deleteSignInProvider', summary: 'Delete a sign-in provider', params },
        description: 'The sessions that it has opened end. The users stay.',
        response: { 204: nothing(), ...refusals(404, 409) },
      },
    },
    async ({ actor, params }, reply) => {
      await deleteProvider(env, actor, params.id)
      return reply.code(204).send()
    },
  )

  http.post(
    '/sign_in_providers/:id/check',
    {
      config,
      schema: {
        ...{ tags, operationId: 'checkSignInProvider', summary: 'Ask a sign-in provider what it offers', params },
        description:
          'Its discovery document is read. Only a sign-in shows whether the client and its secret are right.',
        response: { 200: ProviderCheck, ...refusals(404) },
      },
    },
    async ({ actor, params }) => checkProvider(env, actor, params.id),
  )
}

export const signInSettingsRoutes: Routes = (http, env) => {
  http.get(
    '/sign_in_settings',
    {
      config,
      schema: {
        ...{ tags, operationId: 'getSignInSettings', summary: 'Get who may sign in with a password' },
        response: { 200: SignInSettings },
      },
    },
    async ({ actor }) => findSignInSettings(env, actor),
  )

  http.put(
    '/sign_in_settings',
    {
      config,
      schema: {
        ...{ tags, operationId: 'replaceSignInSettings', summary: 'Replace who may sign in with a password' },
        description:
          'While only one user may, passwords of all others are refused, also by the API, and so are the sessions that were opened with them. Personal access tokens stay valid.',
        ...{ body: SignInSettings, response: { 204: nothing(), ...refusals(404, 409, 422) } },
      },
    },
    async ({ actor, body }, reply) => {
      await saveSignInSettings(env, actor, body)
      return reply.code(204).send()
    },
  )
}
