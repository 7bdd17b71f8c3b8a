const PROBLEMS: Readonly<Record<string, string>> = {
  sign_in_expired: 'The sign-in took too long, or was begun in another browser. Sign in again.',
  sign_in_provider_not_found: 'This way to sign in is no longer offered. Choose another one.',
  sign_in_provider_unavailable:
    'The sign-in provider does not respond as it should. Try again later; if this lasts, tell an administrator.',
  sign_in_refused: 'The sign-in provider has refused the sign-in, or you have canceled it.',
  sign_in_clocks_differ:
    'The clocks of this server and of the sign-in provider differ. Tell an administrator: one of them has to be set.',
  sign_in_not_valid: 'What the sign-in provider has sent does not belong to this sign-in. Sign in again.',
  account_unknown: 'Your account is not known here. Ask an administrator to give you access.',
  account_without_email:
    'The sign-in provider has not sent your e-mail address. Tell an administrator: it has to release the address.',
  account_email_not_allowed: 'The e-mail address of your account is not verified, or its domain has no access here.',
  account_email_taken:
    'There is a user with your e-mail address that does not belong to your account. Ask an administrator to link them, or to remove that user.',
  email_taken: 'There is a user with your e-mail address already. Ask an administrator.',
  account_without_role: 'Your account has no role here. Ask an administrator to give you one.',
  last_administrator:
    'Your account has lost the role that permits to manage users here, and nobody else has it. Ask for it at the sign-in provider.',
  password_user_needed:
    'Your account has lost the role that permits to manage users here, which the one user who may use a password needs. Ask for it at the sign-in provider.',
  tenant_suspended: 'Your tenant is suspended. Contact the operator of this server.',
  too_many_guesses: 'Too many failed attempts. Try again in some seconds.',
  unavailable: 'The server could not complete the sign-in. Try again later.',
}

/** Why a sign-in by a provider failed, for the person who tried it. `code`: of the refusal. */
export const signInProblem = (code: string): string => PROBLEMS[code] ?? 'The sign-in failed. Try again.'
