import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import type { Mail } from '../../outgoing/mail.ts'
import { mailText } from '../../texts/mail.ts'

export type Purpose = 'password_reset' | 'verify_email'

const HOUR_MS = 60 * 60 * 1000

/** A mailbox that many people read must not open an account for long. */
export const LIFETIME_MS: Readonly<Record<Purpose, number>> = { password_reset: HOUR_MS, verify_email: 24 * HOUR_MS }

/** Who reads the database must not be able to use the links. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

export const EmailOfUser = Type.Object(
  { email: Type.String({ minLength: 1, maxLength: 1024, description: 'E-mail address of the user' }) },
  { title: 'EmailOfUser', description: 'Where to send a link' },
)

const SecretHash = Type.String({ maxLength: 1024, description: 'What follows `#` in the link of the e-mail' })

export const LinkSecret = Type.Object(
  { secret_hash: SecretHash },
  { title: 'LinkSecret', description: 'The link of an e-mail' },
)

export const NewPassword = Type.Object(
  { secret_hash: SecretHash, password: Type.String({ description: 'New password of 8 to 1024 characters' }) },
  { title: 'NewPassword', description: 'The link of an e-mail, and a new password' },
)
export type NewPassword = Static<typeof NewPassword>

type Recipient = { email: string; public_url: string; id: string }

/** The secret is behind a number sign: browsers send it to no server, so that no log of a proxy has it. */
const linkTo = (public_url: string, page: string, secret: string) => `${public_url}/${page}#${secret}`

export const resetMail = ({ email, public_url, id }: Recipient, secret: string): Mail => ({
  ...{ to: [email], subject: 'Reset your password of Muster', id },
  ...mailText({
    paragraphs: [
      `Somebody, probably you, asked for a new password for ${email}.`,
      'The link can be used once, within an hour. Your sessions end then. If it was not you, there is nothing to do.',
    ],
    links: [{ label: 'Set a new password', url: linkTo(public_url, 'password', secret) }],
    reason: `Sent by the Muster server at ${public_url}.`,
  }),
})

/** To users who have no password, or may not sign in with it. */
export const noPasswordMail = ({ email, public_url, id }: Recipient): Mail => ({
  ...{ to: [email], subject: 'You sign in to Muster without a password', id },
  ...mailText({
    paragraphs: [
      `Somebody, probably you, asked for a new password for ${email}.`,
      'This user signs in to Muster without a password: use the account of your organization.',
    ],
    links: [{ label: 'Sign in', url: `${public_url}/` }],
    reason: `Sent by the Muster server at ${public_url}.`,
  }),
})

export const verificationMail = ({ email, public_url, id }: Recipient, secret: string): Mail => ({
  ...{ to: [email], subject: 'Confirm your e-mail address', id },
  ...mailText({
    paragraphs: [
      `${email} is the e-mail address of a user of Muster. Confirm that you receive what is sent there.`,
      'The link can be used once, within a day. If you are not that user, there is nothing to do.',
    ],
    links: [{ label: 'Confirm the address', url: linkTo(public_url, 'verify-email', secret) }],
    reason: `Sent by the Muster server at ${public_url}.`,
  }),
})
