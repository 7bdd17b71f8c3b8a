import type { Permission } from '../../auth/permission-set.ts'
import { Settings, type SettingsOwner } from '../../auth/settings.ts'
import { findSettings } from '../../auth/tenants/find-settings.ts'
import { saveSettings } from '../../auth/tenants/save-settings.ts'
import { nothing, refusals, withHeaders } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { IfMatch, readIfMatch } from '../if-match.ts'

const tags = ['useradm']

/** The web GUI writes the tenant's after every deployment, so whoever deploys may. */
const KINDS: { url: string; owner: SettingsOwner; of: string; permission: Permission }[] = [
  { url: '/settings', owner: 'tenant', of: 'the tenant', permission: 'deployments' },
  { url: '/settings/me', owner: 'user', of: 'whoever asks', permission: 'read' },
]

export const settingsRoutes: Routes = (http, env) => {
  for (const { url, owner, of, permission } of KINDS) {
    http.get(
      url,
      {
        schema: {
          tags,
          summary: `The settings of ${of}, with their ETag`,
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
          ...{ tags, summary: `Replace the settings of ${of}; If-Match makes sure that nobody else did` },
          ...{ body: Settings, headers: IfMatch, response: { 201: nothing(), ...refusals(400, 403, 412) } },
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
