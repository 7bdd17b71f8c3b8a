import { at, refuse } from './refusal.ts'

const forbidden = refuse(403)
const notFound = refuse(404)
const conflict = refuse(409)
const stale = refuse(412)
const unprocessable = refuse(422)

export const deploymentKeyTaken = (deployment_id: string, changed: readonly string[]) =>
  conflict(
    'deployment_key_taken',
    changed.length === 0
      ? 'This deployment exists already: it has been created with the same key.'
      : `Another deployment has this key, and was created with other values of ${[...changed].join(', ')}: give a new key.`,
    { ...at('key'), deployment_id, changed },
  )
export const noRollbackRelease = () =>
  unprocessable(
    'release_not_found',
    'There is no release of this name to roll back to: upload one of its artifacts, or choose another release.',
    at('failure_policy.rollback_artifact_name'),
  )
export const releaseWithoutVersion = (device_types: string) =>
  unprocessable(
    'release_without_version',
    `no_downgrade needs versions to compare: the artifact for ${device_types} has none in its name (gateway-2.4.0) or its software versions (rootfs-image.version). Name its releases by their versions, or leave no_downgrade out.`,
    at('no_downgrade'),
  )
export const notPaused = () => conflict('deployment_not_paused', 'The deployment is not paused.')
export const phaseNotFound = () => notFound('phase_not_found', 'The deployment has no such phase.')
export const gateNotFound = () => notFound('gate_not_found', 'The phase has no gate.')
export const verdictNotAsked = (name: string) =>
  notFound('verdict_not_asked', `The gate of the phase does not ask for a verdict of ${name}.`)
export const notAwaitingApproval = () =>
  conflict('not_awaiting_approval', 'The gate of the phase is not waiting for an approval.')
export const approvalByCreator = () =>
  forbidden('approval_by_creator', 'The gate must be approved by another user than the one who created the deployment.')
export const gateOpen = () => conflict('gate_open', 'The gate of the phase is open already.')
export const nothingToRollBack = () =>
  conflict('nothing_to_roll_back', 'No device has been offered the update, so there is nothing to roll back.')
export const rolledBackAlready = () => conflict('already_rolled_back', 'The deployment has been rolled back already.')
export const historyRemoved = () =>
  conflict('history_removed', 'The history of the deployment has been removed, and with it which devices it updated.')
export const recipeNotFound = () => notFound('recipe_not_found', 'recipe not found')
export const recipeExists = () =>
  stale('version_mismatch', 'There is a recipe of this name already: leave out If-None-Match to replace it.')
export const tooManyRecipes = (most: number) =>
  unprocessable('too_many_recipes', `There would be more than ${most} recipes: remove one first.`)
export const rateNotEnforceable = () =>
  unprocessable(
    'rate_not_enforceable',
    'Devices download from S3 directly, so the server cannot limit their bytes a second: set MUSTER_S3_PROXY=true, or limit the number of downloads.',
  )
export const devicesPinned = () =>
  unprocessable(
    'devices_pinned',
    'All of these devices are pinned, which keeps them from updates: remove the pin of one first, or choose others.',
  )
export const notPinned = () => notFound('device_not_pinned', 'The device is not pinned.')
export const deviceNotPaused = () =>
  conflict(
    'device_not_paused',
    'The device is not paused in the deployment: only a device that is paused can continue.',
  )
export const nothingPaused = () =>
  conflict('nothing_paused', 'The update control map of the deployment pauses no device in these states.')
