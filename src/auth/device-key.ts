import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { promisify } from 'node:util'

/** A public key of a device, in a canonical form by which keys are compared. */
export type DeviceKey = { pem: string; sha256: string; key: KeyObject }

const MAX_PEM_LENGTH = 16_384
const RSA_BITS = { min: 1024, max: 16_384 }
const CURVES = ['secp224r1', 'prime256v1', 'secp384r1', 'secp521r1']

/** undefined: not a public key, or one of a type or strength that is not supported. */
export function readDeviceKey(pem: string): DeviceKey | undefined {
  // createPublicKey would also accept private keys and certificates, and return the public key in them.
  if (pem.length > MAX_PEM_LENGTH || !/^\s*-----BEGIN (RSA )?PUBLIC KEY-----/.test(pem)) return undefined
  const key = parseKey(pem)
  if (!key || !isSupported(key)) return undefined
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

function isSupported({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): boolean {
  const { modulusLength: bits = 0, namedCurve = '' } = details
  if (type === 'rsa') return bits >= RSA_BITS.min && bits <= RSA_BITS.max
  return type === 'ec' ? CURVES.includes(namedCurve) : type === 'ed25519'
}

// On the thread pool, so that a slow curve does not delay other requests.
const check = promisify<string | null, Buffer, KeyObject, Buffer, boolean>(verify)

/** RSA: PKCS #1 v1.5 with SHA-256; EC: DER over SHA-256; Ed25519: over the message itself. `signature` in base64. */
export const isSignedBy = ({ key }: DeviceKey, message: Buffer, signature: string): Promise<boolean> =>
  check(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', message, key, Buffer.from(signature, 'base64')).catch(
    () => false,
  )
