import type { Permission } from '../../auth/permission-set.ts'
import { Settings, type SettingsOwner } from '../../auth/settings.ts'
import { findSettings } from '../../auth/tenants/find-settings.ts'
import { saveSettings } from '../../auth/tenants/save-settings.ts'
import { nothing, refusals, withHeaders } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { IfMatch, readIfMatch } from '../if-match.ts'

const tags = ['useradm']

/** Mender's web GUI writes the tenant's settings after each deployment, so users who may deploy may write them. */
const KINDS: { url: string; owner: SettingsOwner; of: string; id: string; permission: Permission }[] = [
  { url: '/settings', owner: 'tenant', of: 'the tenant', id: 'TenantSettings', permission: 'deployments' },
  { url: '/settings/me', owner: 'user', of: 'the user', id: 'UserSettings', permission: 'read' },
]

export const settingsRoutes: Routes = (http, env) => {
  for (const { url, owner, of, id, permission } of KINDS) {
    http.get(
      url,
      {
        schema: {
          ...{ tags, operationId: `get${id}`, summary: `Get the settings of ${of}` },
          response: { 200: withHeaders(Settings, 'etag') },
        },
      },
      async ({ actor }, reply) => {
        const { settings, version } = await findSettings(env, actor, owner)
        reply.header('etag', `"${version}"`)
        return settings
      },
    )

    http.post(
      url,
      {
        config: { permission },
        schema: {
          ...{ tags, operationId: `replace${id}`, summary: `Replace the settings of ${of}` },
          ...{ body: Settings, headers: IfMatch, response: { 201: nothing(), ...refusals(412) } },
        },
      },
      async (request, reply) => {
        const { actor, body: settings } = request
        await saveSettings(env, actor, { owner, settings, if_match: readIfMatch(request) })
        return reply.code(201).send()
      },
    )
  }
}
