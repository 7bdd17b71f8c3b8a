import { at, Refusal, refuse, WrongGuess } from './refusal.ts'

const notFound = refuse(404)
const conflict = refuse(409)
const gone = refuse(410)
const unprocessable = refuse(422)

const WRONG_TOKEN = {
  status: 401,
  code: 'unauthorized',
  sentence: 'The token or certificate is not that of this device, or the device is rejected.',
} as const
/** `is_guess`: the credential is wrong, not the device rejected. */
export const wrongDeviceToken = (is_guess = true) => (is_guess ? new WrongGuess(WRONG_TOKEN) : new Refusal(WRONG_TOKEN))

export const notADdiDevice = () =>
  conflict('not_a_ddi_device', "The device speaks Mender's protocol: choose one whose dialect is ddi.")
export const gatewayTokenNotFound = () => notFound('gateway_token_not_found', 'gateway token not found')
export const gatewayTokenNameTaken = (name: string) =>
  conflict('gateway_token_name_taken', `A gateway token ${name} already exists: choose another name.`, at('name'))
export const gatewayTokenExists = (name: string) =>
  conflict('gateway_token_exists', `The gateway token ${name} is the same: choose another token.`, at('token'))
export const tooManyGatewayTokens = (most: number) =>
  unprocessable('too_many_gateway_tokens', `There are ${most} gateway tokens already: revoke one first.`)
export const actionNotFound = () => notFound('action_not_found', 'The device has no such action.')
export const actionClosed = () => gone('action_closed', 'The action has ended: poll for the next one.')
export const nameOfMenderArtifact = () =>
  unprocessable(
    'invalid_artifact',
    'The file is a Mender artifact, which has a name of its own: leave out the part name.',
    at('name'),
  )
export const nameOfFileMissing = () =>
  unprocessable(
    'invalid_artifact',
    'The file is no Mender artifact: before it, give the parts name (of the release) and device_types_compatible (separated by commas); version and part if you like.',
    at('name'),
  )
