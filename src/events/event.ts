/** One thing that happened, as the audit log shows it. */
export type Event = {
  actor: { id: string; type: 'user' | 'device' | 'system'; email?: string }
  action: string
  object: { id: string; type: 'user' | 'deployment' | 'device' | 'artifact'; [about: string]: unknown }
  change?: string
}
