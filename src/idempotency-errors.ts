import { refuse } from './refusal.ts'

const bad = refuse(400)
const conflict = refuse(409)
const unprocessable = refuse(422)

export const malformedIdempotencyKey = (most: number) =>
  bad(
    'invalid_request',
    `Idempotency-Key: must be 1 to ${most} visible ASCII characters, in quotes or without, such as "8e03978e-40d5-43dd-bc93-6894a57f9324".`,
  )
export const idempotencyKeyReused = () =>
  unprocessable(
    'idempotency_key_reused',
    'Another request had this Idempotency-Key: use a new key for each request that is not a repetition.',
  )
export const idempotencyKeyInUse = () =>
  conflict(
    'idempotency_key_in_use',
    'A request with this Idempotency-Key is in progress: repeat it in some seconds to get its answer.',
  )
export const secretNotStored = (created_id: string) =>
  conflict(
    'secret_not_stored',
    'An earlier request with this Idempotency-Key has succeeded; its secret was in the answer and is not stored: if the answer is lost, create another one and revoke this one.',
    { created_id },
  )
