import type { Mail } from '../outgoing/mail.ts'
import { mailText } from '../texts/mail.ts'
import { textOf } from './event-text.ts'
import type { StoredEvent } from './webhook-event.ts'

type Options = { to: readonly string[]; public_url: string; integration_id: string; subject: string }

/** The mail of an event. Its ID is the same at each attempt, and mails about the same deployment are one thread. */
export function mailOf(event: StoredEvent, { to, public_url, integration_id, subject }: Options): Mail {
  const { title, details, path } = textOf(event)
  return {
    ...{
      to,
      subject: title,
      id: `${event.id}.${integration_id}`,
      thread: `${subject.replace(':', '-')}.${integration_id}`,
    },
    ...mailText({
      ...{ paragraphs: [`${title}.`, ...details] },
      links: [{ label: 'Open in Muster', url: `${public_url}${path}` }],
      reason: `An administrator of Muster has this sent to you: ${public_url}/settings/webhooks`,
    }),
  }
}
