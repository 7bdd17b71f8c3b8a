import { at, type Refusal, refuse, TooManyGuesses, WrongGuess } from './refusal.ts'

/** The status that nginx logs for a client that closed the connection. */
export const CLIENT_GONE = 499

const bad = refuse(400)
const forbidden = refuse(403)
const notFound = refuse(404)
const conflict = refuse(409)
const stale = refuse(412)
const tooLarge = refuse(413)
const unsupported = refuse(415)
const unprocessable = refuse(422)
const tooMany = refuse(429)

// Own sentences begin with a capital letter, end with a full stop, and say what to do. All others are Mender's to the
// letter, mistakes included, because clients compare some of them. What follows the colon in a validation text is ours.

export const malformedRequest = (sentence: string, status = 400) => refuse(status)('malformed_request', sentence)
export const malformedBody = (sentence: string) => bad('malformed_body', sentence)
export const badRequest = (sentence: string) => bad('invalid_request', sentence)
export const invalidBody = (problem: string) => badRequest(`Validating request body: ${problem}.`)
export const invalidField = (field: string, problem: string) => invalidBody(`${field}: ${problem}`).with(at(field))
export const idNotUuid = () => bad('invalid_id', 'ID is not a valid UUID')
export const addressNotFound = () => notFound('not_found', 'not found')
export const methodNotAllowed = () => refuse(405)('method_not_allowed', 'method not allowed')
export const requestTimeout = () => refuse(408)('request_timeout', 'The request took too long to arrive.')
export const bodyTooLarge = () => tooLarge('body_too_large', 'http: request body too large')
export const headersTooLarge = () =>
  refuse(431)('headers_too_large', 'The address and the headers of the request are too long.')
export const unsupportedType = (expected = 'application/json') =>
  unsupported('unsupported_content_type', `Bad Content-Type, expected '${expected}'`)
export const unsupportedEncoding = () =>
  unsupported(
    'unsupported_content_encoding',
    'Content-Encoding: compressed bodies are not supported: send the body as it is.',
  )
export const noDirectUpload = () =>
  notFound(
    'not_supported',
    'Uploads straight to the storage are not offered: send the file with POST /api/management/v1/deployments/artifacts.',
  )
export const internalError = () => refuse(500)('internal_error', 'internal error')
export const unavailable = (sentence: string) => refuse(503)('unavailable', sentence)
/** No client reads it: there is none left. */
export const clientGone = () =>
  refuse(CLIENT_GONE)('client_gone', 'The client closed the connection before the response.')

export const overloaded = () => tooMany('overloaded', 'The server has too much to do just now: try again later.')
export const tooManyRequests = () =>
  tooMany('too_many_requests', 'Too many requests of this device at once: ask again later.')
export const tooManySearches = () =>
  tooMany('too_many_searches', 'Too many long searches at once: try again in some seconds.')
export const tooManyExports = () =>
  tooMany('too_many_searches', 'Too many exports at once: try again when another has ended.')
export const tooManyStreams = (most: number) =>
  tooMany('too_many_streams', `You have ${most} event streams open: close some first.`)
export const tooManyGuesses = (retry_after_s: number, what?: string) => new TooManyGuesses(retry_after_s, what)

export const unauthorized = (sentence = 'unauthorized') => refuse(401)('unauthorized', sentence)
export const noCredentials = (sentence = 'unauthorized') => refuse(401)('wrong_credentials', sentence)
export const wrongCredentials = () =>
  new WrongGuess({ status: 401, code: 'wrong_credentials', sentence: 'unauthorized' })
// Mender's web GUI asks for the code if the text has "2fa" in it.
export const twoFactorCodeNeeded = () => refuse(401)('two_factor_code_needed', 'unauthorized: 2fa code needed')
export const wrongLoginCode = () =>
  new WrongGuess({
    status: 401,
    code: 'wrong_two_factor_code',
    sentence: 'unauthorized: 2fa code wrong, or used before',
  })
export const tenantSuspended = () => refuse(401)('tenant_suspended', 'tenant account suspended')
export const tenantOfDeviceSuspended = () => refuse(401)('tenant_suspended', 'Account suspended')
export const invalidSignature = () => refuse(401)('invalid_signature', 'signature verification failed')
export const deviceNotAccepted = () => refuse(401)('device_not_accepted', 'dev auth: unauthorized')
export const noRoomForDevice = () => refuse(401)('device_limit_reached', 'unauthorized')

export const csrfTokenWrong = () =>
  forbidden(
    'wrong_csrf_token',
    'A change by cookie needs the X-CSRF-Token that GET /api/management/v1/useradm/auth/session returns.',
  )
export const roleForbids = () => forbidden('permission_denied', 'Access denied: your role does not allow this.')
export const releaseOutOfReach = () =>
  forbidden(
    'release_not_permitted',
    'Access denied: your role does not allow this release, or there is none of this name.',
  )
export const fleetOutOfScope = () =>
  forbidden('permission_denied', 'The past of the fleet is that of all devices, and your role is limited to groups.')
export const featureNotInPlan = () => forbidden('feature_not_in_plan', 'Feature not available in your Plan.')
export const linkExpired = () => forbidden('invalid_link', 'The link is not valid, or has expired: ask for a new one.')

export const tenantNotFound = (tenant_id: string) =>
  notFound('tenant_not_found', `There is no tenant ${tenant_id}: "muster tenant list" shows the tenants.`)
export const userNotFound = () => notFound('user_not_found', 'user not found')
export const emailTaken = () => unprocessable('email_taken', 'user with a given email already exists', at('email'))
export const weakPassword = (sentence: string) => unprocessable('weak_password', sentence, at('password'))
export const notOwnPassword = () => unprocessable('not_own_password', 'password cannot be modified', at('password'))
export const currentPasswordMismatch = () =>
  new WrongGuess({
    ...{ status: 422, code: 'current_password_mismatch', sentence: 'current password mismatch' },
    details: at('current_password'),
  })
export const settingsChanged = () => stale('version_mismatch', "ETag doesn't match")
export const tagsChanged = () => stale('version_mismatch', 'ETag does not match')
export const userChanged = () => conflict('version_mismatch', "ETag doesn't match: read the user again")
export const twoFactorEnabled = () => bad('two_factor_enabled', 'Two-factor authentication is enabled already.')
export const twoFactorNotEnabled = () => bad('two_factor_not_enabled', 'Two-factor authentication is not enabled.')
export const nothingToVerify = () =>
  unprocessable(
    'two_factor_not_enabled',
    'Two-factor authentication is not enabled: enable it and scan the QR code first.',
  )
export const twoFactorNotPending = () =>
  bad('two_factor_not_pending', 'No two-factor authentication is waiting to be verified: enable it first.')
export const wrongCode = () =>
  new WrongGuess({
    ...{ status: 422, code: 'wrong_two_factor_code', details: at('token2fa') },
    sentence: 'The code is wrong or was used before: wait for the next one.',
  })
export const tokenNotFound = () => notFound('token_not_found', 'token not found')
export const tokenNameTaken = () =>
  conflict('token_name_taken', 'Personal Access Token with a given name already exists', at('name'))
export const tooManyTokens = () =>
  unprocessable('too_many_tokens', 'maximum number of personal acess tokens reached for this user')

export const roleNotFound = () => notFound('role_not_found', 'role not found')
export const roleNameTaken = () => conflict('role_name_taken', 'role with a given name already exists', at('name'))
export const roleNameReserved = (name: string) =>
  unprocessable(
    'role_name_reserved',
    `The name ${name} cannot be used: choose one that does not begin with RBAC_ROLE_.`,
    at('name'),
  )
export const roleNameFixed = () =>
  unprocessable('role_name_fixed', 'The name of a role cannot be changed: create another role.', at('name'))
export const roleIsPredefined = () =>
  unprocessable('role_is_predefined', 'A predefined role cannot be changed: create one of your own.')
export const unknownRole = (name: string, predefined: string) =>
  unprocessable(
    'unknown_role',
    `There is no role ${name}: choose one of ${predefined}, or of your own roles.`,
    at('roles'),
  )
export const noRole = (choice: string) => unprocessable('no_role', `Name at least one role: ${choice}.`, at('roles'))

export const deviceNotFound = () => notFound('device_not_found', 'device not found')
export const deviceNotInInventory = () => notFound('device_not_found', 'Device not found')
export const deviceExists = (device: Record<string, unknown>) =>
  conflict('device_exists', 'device already exists', device)
export const deviceBusy = () => conflict('device_busy', 'Others are changing the device just now: try again.')
export const tooManyDevices = () => unprocessable('device_limit_reached', 'maximum number of accepted devices reached')
export const authSetNotFound = () => notFound('auth_set_not_found', 'authorization set not found')
export const authSetOfOtherDevice = () => bad('auth_set_not_found', 'dev auth: dev ID and auth ID mismatch')
export const authSetMissing = (decision: 'accepted' | 'rejected') =>
  unprocessable('auth_set_missing', `The device has no key that could be ${decision}: it must ask first.`)
export const authSetAmbiguous = () =>
  unprocessable('auth_set_ambiguous', 'The device has asked with several keys: accept the right one of them.')
export const statusChangeNotAllowed = () => bad('status_change_not_allowed', 'dev auth: bad request')
export const groupNotFound = () => notFound('group_not_found', 'group not found')

export const integrationNotFound = () => notFound('integration_not_found', 'integration not found')
export const deliveryNotFound = () => notFound('delivery_not_found', 'delivery not found')
export const tooManyIntegrations = (most: number) =>
  unprocessable('too_many_integrations', `There are ${most} integrations already: delete one first.`)
export const integrationUrlTaken = (integration_id: string) =>
  conflict('integration_url_taken', 'Another integration has this URL: change that one, or leave out unique_url.', {
    ...at('credentials.http.url'),
    integration_id,
  })

export const filterNotFound = () => notFound('filter_not_found', 'filter not found')
export const filterChanged = () =>
  stale('version_mismatch', 'The filter has changed since you read it: read it again before you change it.')
export const unknownFilter = (field = 'filter_id') => bad('filter_not_found', 'filter not found', at(field))
export const filterNameTaken = (name: string) =>
  conflict('filter_name_taken', `A filter with the name ${name} already exists: choose another name.`, at('name'))
export const badTerm = (field: string, problem: string) =>
  bad('invalid_term', `validation failed for term: ${field}: ${problem}.`, at(field))
export const badPattern = (problem: string) => badTerm('value', `regular expression: ${problem}`)
export const tooManyAttributes = () =>
  bad('too_many_attributes', 'the number of attributes in the scope is above the limit')
export const attributesTooLarge = () =>
  bad('attributes_too_large', 'the size of the attributes in the scope is above the limit')
export const tooManyMatches = (most: number, attribute: string) =>
  bad(
    'too_many_matches',
    `More than ${most} devices have that ${attribute}: use an attribute that identifies fewer devices.`,
  )
export const searchTooLong = (longest_s: number) =>
  unprocessable(
    'search_too_long',
    `This takes longer than ${longest_s} s for this number of devices: add a condition that few of them meet, or sort by id or created_ts.`,
  )

export const artifactNotFound = () => notFound('artifact_not_found', 'Resource not found')
export const artifactNotUnique = (artifact_name: string, depends: object) =>
  conflict('artifact_exists', 'an artifact with the same name and depends already exists', {
    metadata: { conflict: { artifact_name, depends } },
  })
export const generatedNotUnique = (details: Refusal['details']) =>
  unprocessable('artifact_exists', 'Artifact not unique', details)
export const artifactIdTaken = () =>
  conflict('artifact_id_taken', 'An artifact with this id already exists: choose another, or none.', at('artifact_id'))
export const artifactInUse = (active_deployments: string[]) =>
  conflict('artifact_in_use', 'Artifact is used in active deployment', { active_deployments })
export const artifactWasDeployed = () =>
  unprocessable('artifact_was_deployed', 'Image has already been used in deployment')
export const artifactTooLarge = () => tooLarge('artifact_too_large', 'Artifact file too large')
export const declaredTooLarge = () => bad('artifact_too_large', 'Artifact file too large', at('size'))
export const fileTooLarge = (most: number) =>
  tooLarge(
    'artifact_too_large',
    `The file is larger than ${most} bytes: build the artifact with mender-artifact and upload it.`,
  )
export const invalidArtifact = (problem: string) => bad('invalid_artifact', `reading artifact error: ${problem}`)
export const unsupportedVersion = (version: unknown) => bad('invalid_artifact', `unsupported version: ${version}`)
export const tooManyDependencies = (most: number) =>
  unprocessable(
    'too_many_dependencies',
    `The artifact depends on more than ${most} combinations: list fewer alternatives.`,
  )
export const releaseNotFound = () => notFound('release_not_found', 'Resource not found')
export const noArtifact = () =>
  unprocessable('release_not_found', 'No artifact for the deployment', at('artifact_name'))
export const releasesInUse = (active_deployments: string[]) =>
  conflict('release_in_use', 'release(s) used in active deployment', { active_deployments })
export const tooManyTags = (most: number) =>
  conflict(
    'too_many_tags',
    `There would be more than ${most} different release tags: remove some from other releases first.`,
  )
export const rangeUnsatisfiable = () =>
  refuse(416)('range_not_satisfiable', 'The range lies outside of the file: ask for one within its length.')

export const deploymentNotFound = (sentence = 'Resource not found') => notFound('deployment_not_found', sentence)
export const deploymentFinished = () => conflict('deployment_finished', 'Deployment already finished')
export const nothingToAbort = () => unprocessable('deployment_finished', 'Deployment already finished')
export const deploymentAborted = () => conflict('deployment_aborted', 'Deployment aborted')
export const deviceDecommissioned = () => conflict('device_decommissioned', 'Device decommissioned')
export const noDevices = () => bad('no_devices', 'No devices for the deployment')
export const emptyPhase = (index: number, member: string) =>
  bad(
    'empty_phase',
    `Attempt to create a batch with zero devices not allowed. Batch: (${index + 1}) will be empty`,
    at(`phases.${index}.${member}`),
  )
