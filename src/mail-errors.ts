import { at, refuse, WrongGuess } from './refusal.ts'

// Refusals of requests about e-mails: see errors.ts.

export const emailNotConfigured = () =>
  refuse(422)(
    'email_not_configured',
    'This server sends no e-mail: its operator has to set MUSTER_SMTP_URL, MUSTER_SMTP_FROM and MUSTER_PUBLIC_URL.',
  )
export const mailedLinkInvalid = () =>
  new WrongGuess({
    ...{ status: 400, code: 'mailed_link_invalid', details: at('secret_hash') },
    sentence: 'The link has expired or was used before: ask for a new one.',
  })
export const emailNotVerified = () =>
  refuse(403)('email_not_verified', 'The e-mail address of the user has to be confirmed first: ask for a link to it.')
