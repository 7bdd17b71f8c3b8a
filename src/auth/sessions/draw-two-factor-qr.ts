import QRCode from 'qrcode'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { twoFactorNotPending } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import { provisioningUri } from '../two-factor.ts'

/**
 * The QR code for an authenticator, a PNG in base64. After the verification it is refused: it would reveal the secret.
 */
export async function drawTwoFactorQr(env: Env, { tenant_id, user_id }: Actor): Promise<string> {
  const user = await env.db.first<{ email: string; secret: string }>(sql`
    select email, tfa_secret as secret from users
    where tenant_id = ${tenant_id} and id = ${user_id} and tfa_status = 'unverified'`)
  if (!user) throw twoFactorNotPending()
  const png = await QRCode.toBuffer(provisioningUri(user), { type: 'png' })
  return png.toString('base64')
}
