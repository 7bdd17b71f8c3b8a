import { Refusal } from '../../refusal.ts'

/** For routes that name the expected content when they refuse a body that is not JSON. */
export const nameInDecodeErrors = (what: string) => (error: Error) => {
  if (!(error instanceof Refusal)) throw error
  const sentence = error.message.replace(/^failed to decode request body/, `failed to decode ${what}`)
  throw error.saying(sentence)
}
