import { idNotUuid } from '../errors.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** For the endpoints that answer 400, not 404, to an id of another shape. Answers it as it is stored. */
export function requireUuid(id: string): string {
  if (!UUID.test(id)) throw idNotUuid()
  return id.toLowerCase()
}
