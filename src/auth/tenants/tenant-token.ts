import type { Env } from '../../env.ts'
import { tenantTokens } from '../token.ts'

export const tenantToken = (env: Pick<Env, 'secret'>, tenant_id: string): string =>
  tenantTokens.sign(env.secret, { iss: 'Mender', sub: tenant_id, 'mender.tenant': tenant_id })
