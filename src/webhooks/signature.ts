import { createHmac } from 'node:crypto'

type Signing = { secret: string | null; now: Date }

/**
 * The headers of a request to an integration. `X-Muster-Signature` covers the time of the attempt, so that nobody can
 * send a request again later; `X-Men-Signature` is what receivers of Mender's webhooks verify.
 */
export function headersOf(body: string, { secret, now }: Signing): Record<string, string> {
  const common = { 'content-type': 'application/json', 'user-agent': 'Muster' }
  if (secret === null) return common
  const timestamp = String(Math.floor(now.getTime() / 1000))
  const sign = (text: string) => createHmac('sha256', Buffer.from(secret, 'hex')).update(text).digest('hex')
  return {
    ...common,
    'x-muster-timestamp': timestamp,
    'x-muster-signature': `v1=${sign(`${timestamp}.${body}`)}`,
    'x-men-algorithm': 'MEN-HMAC-SHA256-Payload',
    'x-men-signature': sign(body),
  }
}
