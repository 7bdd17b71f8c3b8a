import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { promisify } from 'node:util'

/** A device's public key in the one form by which keys are compared. */
export type DeviceKey = { pem: string; sha256: string; key: KeyObject }

const LONGEST_PEM = 16_384
const RSA_BITS = { least: 1024, most: 16_384 }
const CURVES = ['secp224r1', 'prime256v1', 'secp384r1', 'secp521r1']

/** undefined for what is no public key, or one of a kind or strength that is not taken. */
export function readDeviceKey(pem: string): DeviceKey | undefined {
  // Private keys and certificates would be read, too, as the public key they hold.
  if (pem.length > LONGEST_PEM || !/^\s*-----BEGIN (RSA )?PUBLIC KEY-----/.test(pem)) return undefined
  const key = parseKey(pem)
  if (!key || !isTaken(key)) return undefined
  const der = key.export({ type: 'spki', format: 'der' })
  return {
    pem: key.export({ type: 'spki', format: 'pem' }).toString(),
    sha256: createHash('sha256').update(der).digest('hex'),
    key,
  }
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem)
  } catch {
    return undefined
  }
}

function isTaken({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): boolean {
  const { modulusLength: bits = 0, namedCurve = '' } = details
  if (type === 'rsa') return bits >= RSA_BITS.least && bits <= RSA_BITS.most
  return type === 'ec' ? CURVES.includes(namedCurve) : type === 'ed25519'
}

// On the thread pool: a slow curve costs other requests nothing.
const check = promisify<string | null, Buffer, KeyObject, Buffer, boolean>(verify)

/** RSA: PKCS #1 v1.5 with SHA-256; EC: DER over SHA-256; Ed25519: over the message itself. `signature` in base64. */
export const isSignedBy = ({ key }: DeviceKey, message: Buffer, signature: string): Promise<boolean> =>
  check(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', message, key, Buffer.from(signature, 'base64')).catch(
    () => false,
  )
