import type { Static } from 'typebox'
import type { ActionDetails } from '../../ddi/actions/describe-action.ts'
import type { DdiPoll } from '../../ddi/actions/poll-device.ts'
import { sleepText } from '../../ddi/polling.ts'
import type { CancelAction, DdiArtifact, DeploymentBase, RootResource } from './schemas.ts'

export const HAL = 'application/hal+json;charset=UTF-8'

/** `base`: the URL of the device as it reached the server. */
export function rootAnswer(
  base: string,
  { action, config_data }: DdiPoll,
  sleep_s: number,
): Static<typeof RootResource> {
  const links = {
    ...(action?.kind === 'deploy' && { deploymentBase: { href: deploymentUrl(base, action.action_id) } }),
    ...(action?.kind === 'cancel' && { cancelAction: { href: `${base}/cancelAction/${action.action_id}` } }),
    ...(config_data && { configData: { href: `${base}/configData` } }),
  }
  return { config: { polling: { sleep: sleepText(sleep_s) } }, _links: links }
}

/** rauc-hawkbit requires a `c`, which means nothing to the server. Zephyr has memory for 49 characters after the base. */
const deploymentUrl = (base: string, action_id: number) => `${base}/deploymentBase/${action_id}?c=${action_id}`

/** IDs are texts: clients read no numbers here. */
export function actionAnswer(base: string, details: ActionDetails): Static<typeof DeploymentBase> {
  const { action, in_window, history } = details
  // Never `skip`: SWUpdate would answer that the update has succeeded.
  const handling = in_window === false ? ('attempt' as const) : ('forced' as const)
  return {
    id: String(action.action_id),
    deployment: {
      ...{ download: handling, update: handling },
      ...(in_window === undefined
        ? {}
        : { maintenanceWindow: in_window ? ('available' as const) : ('unavailable' as const) }),
      chunks: [chunkOf(base, details)],
    },
    ...(history.length > 0 && {
      actionHistory: { status: 'RUNNING', messages: history.map(({ message }) => message) },
    }),
  }
}

export const cancelAnswer = (action_id: number): Static<typeof CancelAction> => ({
  id: String(action_id),
  cancelAction: { stopId: String(action_id) },
})

/** One artifact in one chunk: clients refuse more. */
function chunkOf(base: string, details: ActionDetails): Static<typeof DeploymentBase>['deployment']['chunks'][number] {
  const { name, updates } = details.artifact
  const { part = 'bApp', version = name } = (updates[0]?.metadata ?? {}) as { part?: string; version?: string }
  return { part, version, name, artifacts: [artifactAnswer(base, details)] }
}

export function artifactAnswer(base: string, { action, artifact }: ActionDetails): Static<typeof DdiArtifact> {
  const [file] = artifact.updates[0]?.files ?? []
  const filename = file?.name ?? artifact.name
  const link = { href: downloadUrl(base, action.action_id, filename) }
  return {
    filename,
    hashes: { sha1: file?.sha1 ?? '', md5: file?.md5 ?? '', sha256: file?.checksum ?? '' },
    size: artifact.size,
    // Some clients read only one of them, also over HTTPS.
    _links: { download: link, 'download-http': link },
  }
}

const API = '/controller/v1'
/** What Zephyr has memory for, of a download URL after `/controller/v1`. */
const LONGEST_PATH = 199

/** The name in it is for people: without it a URL that would be too long is shorter, and still ends as the name does. */
function downloadUrl(base: string, action_id: number, filename: string): string {
  const directory = `${base}/softwaremodules/${action_id}/artifacts`
  const url = `${directory}/${encodeURIComponent(filename)}`
  const length = url.length - url.indexOf(API) - API.length
  return length <= LONGEST_PATH ? url : `${directory}/file${/\.\w{1,10}$/.exec(filename)?.[0] ?? ''}`
}
