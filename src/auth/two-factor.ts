import { TOTP } from 'otpauth'

const PERIOD_S = 30
/** Time steps before and after the current one whose codes are accepted too, because clocks differ. */
const WINDOW = 1

const totp = (secret: string, label: string) =>
  new TOTP({ issuer: 'Muster', label, secret, algorithm: 'SHA1', digits: 6, period: PERIOD_S })

/** The content of the QR code, for an authenticator app. */
export const provisioningUri = ({ secret, email }: { secret: string; email: string }): string =>
  totp(secret, email).toString()

/** The time step of a code; undefined: wrong, or of another time. */
export function timeStepOf(secret: string, code: string, now: Date): number | undefined {
  const timestamp = now.getTime()
  const steps = /^\d{6}$/.test(code) ? totp(secret, '').validate({ token: code, timestamp, window: WINDOW }) : null
  return steps === null ? undefined : Math.floor(timestamp / 1000 / PERIOD_S) + steps
}
