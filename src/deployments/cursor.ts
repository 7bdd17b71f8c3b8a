/** The position of a reader of changes: it has received everything that the snapshot shows. */
export type Cursor = {
  /** Identifies the database, tenant and scope: for any other, the cursor is invalid. */
  origin: string
  /** In the text format of `pg_snapshot`. */
  snapshot: string
  /** Up to this time, deployments that started by the clock have been received, too. */
  time: string
}

/**
 * The cursor as an event id. Of the snapshot it holds only the oldest transaction that is not visible in it: a few
 * visible ones may be sent again, none is left out.
 */
export const idOf = ({ origin, snapshot, time }: Cursor): string =>
  `${origin}-${snapshot.split(':')[0]}-${Date.parse(time)}`

const ID = /^([0-9a-f]{16})-([1-9]\d{0,17})-(\d{1,13})$/

/** The cursor of an event id; undefined: it is not an id of this server. */
export function readCursor(id: string): Cursor | undefined {
  const [, origin, xmin, ms] = ID.exec(id) ?? []
  if (!origin || !xmin || !ms) return undefined
  return { origin, snapshot: `${xmin}:${xmin}:`, time: new Date(Number(ms)).toISOString() }
}
