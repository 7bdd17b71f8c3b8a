/** An answer that says no: a 4xx with a sentence that says what to do. Anything else thrown is a 500. */
export class Refusal extends Error {
  readonly status: number
  /** Further members of the error body, where the contract names some. */
  readonly details: Record<string, unknown> | undefined
  /** With 429: seconds until it is worth another try; undefined: a few. */
  readonly retry_after_s: number | undefined

  constructor(status: number, sentence: string, details?: Record<string, unknown>) {
    super(sentence)
    this.name = 'Refusal'
    this.status = status
    this.details = details
  }
}

/** A password or a code that is not the right one: only so many are taken. */
export class WrongGuess extends Refusal {}

class TooManyGuesses extends Refusal {
  override readonly retry_after_s: number

  constructor(retry_after_s: number) {
    super(
      429,
      `Too many failed attempts: try again in ${retry_after_s === 1 ? 'a second' : `${retry_after_s} seconds`}.`,
    )
    this.retry_after_s = retry_after_s
  }
}

/** As in the logs of nginx. */
export const CLIENT_GONE = 499

const refuse = (status: number) => (sentence: string) => new Refusal(status, sentence)

export const badRequest = refuse(400)
export const unauthorized = refuse(401)
const forbidden = refuse(403)
export const notFound = refuse(404)
export const conflict = refuse(409)
export const tooLarge = refuse(413)
export const unprocessable = refuse(422)
export const tooMany = refuse(429)
export const overloaded = () => tooMany('The server has too much to do just now: try again later.')

/** For nobody to read: the answer has no client any more. */
export const clientGone = () => new Refusal(CLIENT_GONE, 'The client closed the connection before it was answered.')
export const invalidBody = (problem: string) => badRequest(`Validating request body: ${problem}.`)
export const resourceNotFound = () => notFound('Resource not found')
export const idNotUuid = () => badRequest('ID is not a valid UUID')
export const featureNotInPlan = () => forbidden('Feature not available in your Plan.')
export const roleForbids = () => forbidden('Access denied: your role does not allow this.')
export const releaseOutOfReach = () =>
  forbidden('Access denied: your role does not allow this release, or there is none of this name.')
export const csrfTokenWrong = () =>
  forbidden('A change by cookie needs the X-CSRF-Token that GET /api/management/v1/useradm/auth/session answers.')
export const roleNotFound = () => notFound('role not found')
export const roleIsPredefined = () => unprocessable('a predefined role cannot be changed: create one of your own')

export const tenantNotFound = (tenant_id: string) => notFound(`there is no tenant ${tenant_id}`)
export const userNotFound = () => notFound('user not found')
export const emailTaken = () => unprocessable('user with a given email already exists')
export const currentPasswordMismatch = () => new WrongGuess(422, 'current password mismatch')
export const wrongCredentials = (problem = '') => new WrongGuess(401, `unauthorized${problem}`)
export const wrongCode = () => new WrongGuess(422, 'the code is wrong or was used before: wait for the next one')
export const tooManyGuesses = (retry_after_s: number) => new TooManyGuesses(retry_after_s)
export const settingsChanged = () => new Refusal(412, "ETag doesn't match")

export const artifactNotUnique = (artifact_name: string, depends: object) =>
  new Refusal(409, 'an artifact with the same name and depends already exists', {
    metadata: { conflict: { artifact_name, depends } },
  })
export const generatedNotUnique = (details: Refusal['details']) => new Refusal(422, 'Artifact not unique', details)
export const artifactIdTaken = () => conflict('An artifact with this id already exists: choose another, or none.')
export const artifactInUse = (active_deployments: string[]) =>
  new Refusal(409, 'Artifact is used in active deployment', { active_deployments })
export const releasesInUse = (active_deployments: string[]) =>
  new Refusal(409, 'release(s) used in active deployment', { active_deployments })
export const tooManyTags = (most: number) =>
  conflict(`There would be more than ${most} different release tags: remove some from other releases first.`)
export const artifactWasDeployed = () => unprocessable('Image has already been used in deployment')
export const linkExpired = () => forbidden('The link is not valid, or has expired: ask for a new one.')

export const deviceNotInInventory = () => notFound('Device not found')
export const groupNotFound = () => notFound('group not found')
export const filterNotFound = () => notFound('filter not found')
export const filterNameTaken = (name: string) =>
  conflict(`a filter with the name ${name} already exists: choose another`)
export const badTerm = (problem: string) => badRequest(`validation failed for term: ${problem}.`)
export const badPattern = (problem: string) => badTerm(`value: regular expression: ${problem}`)
export const tagsChanged = () => new Refusal(412, 'ETag does not match')
export const tooManyAttributes = () => badRequest('the number of attributes in the scope is above the limit')
export const attributesTooLarge = () => badRequest('the size of the attributes in the scope is above the limit')
