import { Refusal } from '../../refusal.ts'

/** For routes whose refusal of a body that is no JSON says what it should have been. */
export const nameInDecodeErrors = (what: string) => (error: Error) => {
  if (!(error instanceof Refusal)) throw error
  const sentence = error.message.replace(/^failed to decode request body/, `failed to decode ${what}`)
  throw error.saying(sentence)
}
