import { Type } from 'typebox'

/**
 * The catalogue of refusals: each code with its meaning, as the OpenAPI document shows it. Clients match codes, so a
 * published code is never renamed; `errors.ts` says which refusal has which.
 */
export const ERROR_CODES = {
  malformed_request: 'The request is not valid HTTP, or its address cannot be decoded',
  malformed_body: 'The body cannot be decoded as JSON or as a form',
  invalid_request: 'A parameter, a header or a member of the body is missing or has a value that is not allowed',
  invalid_id: 'The ID in the path is not a UUID',
  not_found: 'There is nothing at this address',
  method_not_allowed: 'The address exists, but not with this method; the header `Allow` lists those that it has',
  request_timeout: 'The request took too long to arrive',
  body_too_large: 'The body is larger than the operation accepts',
  headers_too_large: 'The address and the headers of the request are too long together',
  unsupported_content_type: 'The operation does not read bodies of this `Content-Type`',
  unsupported_content_encoding: 'The body is compressed',
  not_supported: 'Muster does not have this part of the API',
  internal_error: 'The server failed; its log has the reason under the request ID',
  unavailable: 'The server, its database or its store for artifacts cannot be used at the moment',
  client_gone: 'The client closed the connection before the response; seen in logs only',

  overloaded: 'The server has more requests in progress than it can work on',
  too_many_requests: 'Too many requests of the same device at once',
  too_many_searches: 'Too many long searches at once',
  too_many_streams: 'The user has too many event streams open',
  too_many_guesses: 'Too many wrong passwords or codes: wait as long as `Retry-After` says',

  unauthorized: 'The token is missing, malformed, expired or revoked, or does not belong here',
  wrong_credentials: 'The e-mail address or the password is wrong or missing',
  two_factor_code_needed: 'The password is right; the user has to give a code of two-factor authentication, too',
  wrong_two_factor_code: 'The code of two-factor authentication is wrong, or was used before',
  tenant_suspended: 'The tenant is suspended',
  invalid_signature: "The signature does not belong to the device's public key and the body",
  device_not_accepted: 'The device has not been accepted, or its tenant is unknown',
  wrong_csrf_token: 'A change that is authenticated by cookie lacks the right `X-CSRF-Token`',
  permission_denied: "The user's roles do not permit it",
  feature_not_in_plan: "The tenant's plan does not have the feature",
  invalid_link: 'The download link is not valid, or has expired',

  tenant_not_found: 'There is no such tenant',
  user_not_found: 'There is no such user',
  email_taken: 'Another user has the e-mail address',
  weak_password: 'The password is too short, too long, or too similar to the e-mail address',
  not_own_password: 'The password of another user cannot be changed',
  current_password_mismatch: '`current_password` is wrong',
  version_mismatch: '`If-Match` names another version: somebody else has changed it',
  two_factor_enabled: 'Two-factor authentication is enabled already',
  two_factor_not_enabled: 'Two-factor authentication is not enabled',
  two_factor_not_pending: 'No two-factor authentication is waiting to be verified',
  token_not_found: 'There is no such token',
  token_name_taken: 'The user has another personal access token of this name',
  too_many_tokens: 'The user has as many personal access tokens as are allowed',
  role_not_found: 'There is no such role',
  role_name_taken: 'Another role has the name',
  role_name_reserved: 'The name begins as those of the predefined roles do',
  role_name_fixed: 'The name of a role cannot be changed',
  role_is_predefined: 'A predefined role can be neither changed nor deleted',
  unknown_role: 'One of the roles given to a user does not exist',
  no_role: 'A user cannot be left without any role',

  device_not_found: 'There is no such device, or the role does not show it',
  device_exists: 'A device of this identity exists; the other members of the body describe it',
  device_busy: 'Others are changing the device at the same time',
  device_limit_reached: "As many devices are accepted as the tenant's limit allows",
  auth_set_not_found: 'There is no such authentication set, or it belongs to another device',
  auth_set_missing: 'The device has no authentication set that could be accepted or rejected',
  auth_set_ambiguous: 'The device has several authentication sets: one of them has to be chosen',
  status_change_not_allowed: 'An authentication set cannot go from its present status to this one',
  group_not_found: 'There is no such group, or it has no device that the role shows',
  filter_not_found: 'There is no such saved filter',
  filter_name_taken: 'Another saved filter has the name',
  invalid_term: 'A term of a filter is not valid; `term` is its index, `field` the member that is wrong',
  too_many_attributes: 'The device would have too many attributes in this scope',
  attributes_too_large: "The device's attributes in this scope would be too large together",
  too_many_matches: 'The attribute has this value on too many devices',
  search_too_long: 'The search takes too long for this number of devices',

  artifact_not_found: 'There is no such artifact, or the role does not show it',
  artifact_exists:
    'The release has an artifact with the same dependencies; `metadata.conflict` has its name and dependencies',
  artifact_id_taken: 'Another artifact has the ID',
  artifact_in_use: 'Unfinished deployments use the artifact; `active_deployments` are their IDs',
  artifact_was_deployed: 'The artifact was deployed: its description cannot be changed any more',
  artifact_too_large: 'The artifact, or the file that it is to be made of, is too large',
  invalid_artifact: 'The file is no artifact that can be read, or is incomplete',
  too_many_dependencies: 'The artifact depends on too many combinations of values',
  release_not_found: 'There is no release of this name, or the role does not show it',
  release_not_permitted: "The user's roles do not permit the release, or there is none of this name",
  release_in_use: 'Unfinished deployments use one of the releases; `active_deployments` are their IDs',
  too_many_tags: 'The releases of the tenant would have too many different tags',
  range_not_satisfiable: 'The range lies outside of the file',

  deployment_not_found: 'There is no such deployment, it is not for this device, or the role does not show it',
  deployment_finished: 'The deployment has finished, or cannot be found: it can be neither changed nor aborted',
  deployment_aborted: 'The deployment was aborted: the device has to stop',
  device_decommissioned: 'The device was decommissioned',
  no_devices: 'The deployment would have no devices',
  empty_phase: 'A phase of the deployment would have no devices; `field` names it',
  recipe_not_found: 'There is no such recipe',
  too_many_recipes: 'The tenant would have more recipes than are allowed',
} as const

export type ErrorCode = keyof typeof ERROR_CODES

const lines = Object.entries(ERROR_CODES).map(([code, meaning]) => `- \`${code}\`: ${meaning}`)

export const ErrorCode = Type.Unsafe<ErrorCode>({
  ...Type.Enum(Object.keys(ERROR_CODES)),
  title: 'ErrorCode',
  description: `Why a request was refused, for programs. Later versions may have more codes.\n\n${lines.join('\n')}`,
})
