import { idNotUuid } from '../errors.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export const isUuid = (text: string): boolean => UUID.test(text)

/** For the endpoints that answer 400, not 404, to an id of another shape. Answers it as it is stored. */
export function requireUuid(id: string): string {
  if (!isUuid(id)) throw idNotUuid()
  return id.toLowerCase()
}
