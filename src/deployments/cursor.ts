/** How far a reader of changes has come: whatever the snapshot shows has been seen. */
export type Cursor = {
  /** Of the database, the tenant and the scope: a cursor means nothing to any other. */
  mark: string
  /** As `pg_snapshot` writes it. */
  snapshot: string
  /** Until when the clock's doings have been seen: deployments whose time has come. */
  time: string
}

/**
 * The cursor as an id of an event. Of the snapshot only the oldest transaction is kept that it does not show: a few that
 * it does show may be told again, none is left out.
 */
export const idOf = ({ mark, snapshot, time }: Cursor): string =>
  `${mark}-${snapshot.split(':')[0]}-${Date.parse(time)}`

const ID = /^([0-9a-f]{16})-([1-9]\d{0,17})-(\d{1,13})$/

/** The cursor that an id stands for; undefined where it is none of ours. */
export function readCursor(id: string): Cursor | undefined {
  const [, mark, xmin, ms] = ID.exec(id) ?? []
  if (!mark || !xmin || !ms) return undefined
  return { mark, snapshot: `${xmin}:${xmin}:`, time: new Date(Number(ms)).toISOString() }
}
