import { textOf } from './event-text.ts'
import type { StoredEvent } from './webhook-event.ts'

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** As Slack asks for. Mattermost and Rocket.Chat also notify the user who is named after an at sign, or everybody. */
const encode = (text: string): string =>
  text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? '').replace(/(^|[^\p{L}\p{N}._-])@/gu, '$1@\u200b')

/** The body for incoming webhooks of Slack and of those that accept the same; without an address there is no link. */
export function slackBodyOf(event: StoredEvent, public_url: string | undefined): string {
  const { title, details, path } = textOf(event)
  const link = public_url === undefined ? [] : [`<${public_url}${path}|Open in Muster>`]
  return JSON.stringify({ text: [...[title, ...details].map(encode), ...link].join('\n') })
}
