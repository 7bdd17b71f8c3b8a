/** A position of the primary's log: everything that was acknowledged before it was read precedes `lsn`. */
export type Position = { identity: string; timeline: number; lsn: number }

/**
 * The status of a server that should be a replica. `replayed`: how far it has replayed the log; null: it replays none.
 */
export type ReplicaStatus = { identity: string; timeline: number; in_recovery: boolean; replayed: number | null }

/** Reasons for which a replica does not show a position. */
export const UNUSABLE = {
  foreign: 'it is no replica of the database in DATABASE_URL',
  promoted: 'it is a primary itself',
  diverged: 'it follows another timeline than the primary',
  behind: 'it is too far behind',
} as const
export type UnusableReason = keyof typeof UNUSABLE

/** Why the replica does not show the position yet, or never will; undefined: it shows it. */
export function unusableFor(position: Position, status: ReplicaStatus): UnusableReason | undefined {
  if (status.identity !== position.identity) return 'foreign'
  if (!status.in_recovery || status.replayed === null) return 'promoted'
  if (status.timeline !== position.timeline) return 'diverged'
  return status.replayed < position.lsn ? 'behind' : undefined
}
