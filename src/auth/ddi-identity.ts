import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { isStorable } from '../text.ts'
import type { Identity } from './identity.ts'

const PATTERN = '^[^/\\u0000-\\u001f\\u007f-\\u009f]{1,256}$'
const ALLOWED = new RegExp(PATTERN, 'u')

export const ControllerId = Type.String({
  ...{ minLength: 1, maxLength: 256, pattern: PATTERN },
  description: 'ID of the device in its URLs: 1 to 256 characters, without `/` and control characters',
})

/** Whether a text may be the ID of a DDI device. IDs are compared exactly, also in case. */
export const isControllerId = (text: string): boolean => ALLOWED.test(text) && isStorable(text)

/**
 * The identity of a DDI device. Its digest is made of another text than those of Mender devices: a client that claims
 * `{"hawkbit_id": ..}` by Mender's protocol is another device.
 */
export const ddiIdentity = (controllerId: string): Identity => ({
  data: { hawkbit_id: controllerId },
  sha256: createHash('sha256').update(`ddi\n${controllerId}`).digest('hex'),
  attributes: { hawkbit_id: controllerId },
})

/** In place of the key in an auth set of a DDI device, which signs nothing. */
export const NO_KEY = { pem: '', sha256: 'ddi' } as const
