/** Where the primary's log stands: all that was acknowledged before it was asked lies before `lsn`. */
export type Position = { identity: string; timeline: number; lsn: number }

/** How a server shows itself that should be a replica. `replayed`: how far it has come; null: it replays no log. */
export type ReplicaStatus = { identity: string; timeline: number; in_recovery: boolean; replayed: number | null }

export const OBJECTIONS = {
  foreign: 'it is no replica of the database in DATABASE_URL',
  promoted: 'it is a primary itself',
  diverged: 'it follows another timeline than the primary',
  behind: 'it is too far behind',
} as const
export type Objection = keyof typeof OBJECTIONS

/** Why what it shows is not yet, or will never be, what the primary showed at a position. */
export function objectionTo(shown: ReplicaStatus, position: Position): Objection | undefined {
  if (shown.identity !== position.identity) return 'foreign'
  if (!shown.in_recovery || shown.replayed === null) return 'promoted'
  if (shown.timeline !== position.timeline) return 'diverged'
  return shown.replayed < position.lsn ? 'behind' : undefined
}
