import { at, refuse, WrongGuess } from './refusal.ts'

const bad = refuse(400)
const forbidden = refuse(403)
const notFound = refuse(404)
const conflict = refuse(409)
const unprocessable = refuse(422)

export const passwordSignInOff = () =>
  forbidden(
    'password_sign_in_off',
    "Passwords are switched off: sign in with your company's account. Programs use a personal access token.",
  )

export const providerNotFound = () => notFound('sign_in_provider_not_found', 'sign-in provider not found')
export const tooManyProviders = (most: number) =>
  unprocessable('too_many_sign_in_providers', `There are ${most} sign-in providers already: delete one first.`)
export const issuerTaken = (name: string) =>
  conflict(
    'sign_in_provider_exists',
    `The sign-in provider ${name} has the same issuer: change that one.`,
    at('issuer'),
  )
export const providerIdTaken = () =>
  conflict('sign_in_provider_exists', 'There is a sign-in provider of this ID: choose another one.', at('id'))
export const lastProvider = () =>
  conflict(
    'last_sign_in_provider',
    'Passwords are switched off, and no other sign-in provider is enabled: allow passwords for all users first.',
  )
export const noProviderEnabled = () =>
  conflict('last_sign_in_provider', 'No sign-in provider is enabled: users could not sign in without a password.')
export const noPassword = () =>
  unprocessable('user_without_password', 'This user has no password: choose one who has.', at('password_user_id'))
export const cannotManageUsers = () =>
  unprocessable(
    'user_without_password',
    'This user may not manage users, and so could not repair the sign-in: choose one who may.',
    at('password_user_id'),
  )
export const keepsPassword = () =>
  conflict(
    'password_user_needed',
    'The one user who may sign in with a password has to be able to manage users: choose another one in the settings of the sign-in first.',
  )
export const lastAdministrator = () =>
  conflict(
    'last_administrator',
    'Nobody who can sign in could manage users any more: give another user a role that permits it first.',
  )

// How a sign-in at a provider fails. The browser is sent to the sign-in page, which explains the code in its own words:
// the sentences are for the log.

export const signInExpired = () =>
  bad('sign_in_expired', 'The sign-in was begun too long ago, or in another browser: sign in again.')
export const providerUnavailable = (problem: string) =>
  refuse(503)('sign_in_provider_unavailable', `The sign-in provider cannot be used: ${problem}.`)
export const providerRefused = (problem: string) =>
  forbidden('sign_in_refused', `The sign-in provider has refused the sign-in: ${problem}.`)
export const clocksDiffer = () =>
  bad('sign_in_clocks_differ', "By this server's clock, what the sign-in provider has signed is not valid now.")
/** Counts as a wrong guess: whoever guesses codes or forges tokens sees it. */
export const signInNotValid = (problem: string) =>
  new WrongGuess({
    ...{ status: 400, code: 'sign_in_not_valid' },
    sentence: `What the sign-in provider has sent is not valid: ${problem}.`,
  })
export const accountUnknown = (account: string) =>
  forbidden('account_unknown', `No user belongs to the account ${account}, and none is created at the first sign-in.`)
export const accountWithoutEmail = (account: string) =>
  forbidden('account_without_email', `The sign-in provider has sent no e-mail address of the account ${account}.`)
export const accountEmailUnusable = (email: string, problem: string) =>
  forbidden('account_email_not_allowed', `The e-mail address ${email} cannot be used: ${problem}.`)
export const accountEmailTaken = (email: string) =>
  forbidden('account_email_taken', `Another user has the e-mail address ${email}, and is not linked to the account.`)
export const accountWithoutRole = (account: string, problem: string) =>
  forbidden('account_without_role', `The account ${account} gets no role: ${problem}.`)

/** Counts as a wrong guess, too. */
export const logoutTokenInvalid = (problem: string) =>
  new WrongGuess({
    ...{ status: 400, code: 'logout_token_not_valid' },
    sentence: `The logout token is not valid: ${problem}.`,
  })
