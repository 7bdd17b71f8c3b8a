import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { type SimulatedDevice, simulateDevice } from '../../src/simulate/simulated-device.ts'
import { type ApiResponse, openApi } from './api.ts'

// An Ed25519 key in PKCS #8 without its 32 bytes.
const KEY_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

const privateKeyOf = (number: number) =>
  createPrivateKey({ key: Buffer.concat([KEY_HEAD, Buffer.alloc(32, number)]), format: 'der', type: 'pkcs8' })

/** Identity and public key of the device with this number: constant, so that a fixture database has them. */
export function knownDevice(number: number) {
  const pubkey = createPublicKey(privateKeyOf(number)).export({ type: 'spki', format: 'pem' }).toString()
  return { identity: { mac: `02:00:00:00:00:${number.toString(16).padStart(2, '0')}` }, pubkey }
}

/** Requests a token as that device. */
export async function authenticateKnown(
  url: string,
  number: number,
): Promise<{ answer: ApiResponse; device: SimulatedDevice }> {
  const { identity, pubkey } = knownDevice(number)
  const body = JSON.stringify({ id_data: JSON.stringify(identity), pubkey })
  const signature = sign(null, Buffer.from(body), privateKeyOf(number)).toString('base64')
  const request = openApi(url).post('/api/devices/v1/authentication/auth_requests', body, {
    'x-men-signature': signature,
  })
  const device = simulateDevice({ url, identity })
  const answer = await request
  device.token = answer.status === 200 ? answer.text : undefined
  return { answer, device }
}
