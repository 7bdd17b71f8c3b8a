import type { Permission } from '../../auth/permission-set.ts'
import { Settings, type Whose } from '../../auth/settings.ts'
import { findSettings } from '../../auth/tenants/find-settings.ts'
import { saveSettings } from '../../auth/tenants/save-settings.ts'
import { nothing, refusals, withHeaders } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { IfMatch, readIfMatch } from '../if-match.ts'

const tags = ['useradm']

/** The web GUI writes the tenant's after every deployment, so whoever deploys may. */
const KINDS: { url: string; whose: Whose; of: string; permission: Permission }[] = [
  { url: '/settings', whose: 'tenant', of: 'the tenant', permission: 'deployments' },
  { url: '/settings/me', whose: 'user', of: 'whoever asks', permission: 'read' },
]

export const settingsRoutes: Routes = (http, env) => {
  for (const { url, whose, of, permission } of KINDS) {
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
        const { settings, version } = await findSettings(env, actor, whose)
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
        await saveSettings(env, actor, { whose, settings, if_match: readIfMatch(request) })
        return reply.code(201).send()
      },
    )
  }
}
