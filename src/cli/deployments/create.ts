import type { Deployment } from '../../client/api.ts'
import { optional, required, several, UsageError, type Values, wholeNumber } from '../command.ts'
import { findFilter } from '../filters/find.ts'
import { asUsage, remoteCommand } from '../remote/command.ts'
import type { Server } from '../remote/server.ts'
import { createDeployment } from './create-deployment.ts'
import { GATE_HELP } from './gate-text.ts'
import { PREVIEW } from './paths.ts'
import { type GivenPhase, PHASE_HELP, readPhase } from './phase-text.ts'
import { printPreview } from './preview.ts'
import { type GivenRollout, ROLLOUT_HELP, ROLLOUT_OPTIONS, readRollout } from './rollout-options.ts'
import { WINDOW_HELP } from './schedule-text.ts'
import { readTarget } from './target.ts'
import { readWatch, WATCH_HELP, WATCH_OPTIONS, watch } from './watch.ts'

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const texts = { type: 'string', multiple: true } as const

export const createCommand = remoteCommand({
  summary: 'Deploy a release to devices',
  help: `
  --name NAME           name of the deployment
  --artifact RELEASE    release to deploy: the name of its artifacts
  --filter FILTER       target: the devices that match a saved filter (name or ID), now or later
  --devices ID,...      target: these devices; may be given several times
  --group GROUP         target: the accepted devices that are in the group now
  --all                 target: all devices that are accepted now
  --again ID            target: devices of that deployment, whose name and release are the defaults; with
                          --failed        those that failed in it, in whatever way
                          --not-reached   those that have had no offer
  --phase PHASE         a part of the devices; without phases, all start at once
  --retries COUNT       how often a device may retry after a failure (0)
  --max-devices COUNT   device limit, with --filter: stops after this many devices (no limit: runs until aborted)
  --force               force installation, also on devices that already run the release
  --preview             show what would happen in numbers, and create nothing
${ROLLOUT_HELP}

Then watch it, as "muster deployments watch" does:
  --watch               watch the deployment
${WATCH_HELP}

${PHASE_HELP}

${GATE_HELP}

${WINDOW_HELP}
`,
  options: {
    ...{ name: text, artifact: text, filter: text, devices: texts, group: text, all: flag, phase: texts },
    ...{ again: text, failed: flag, 'not-reached': flag, retries: text, 'max-devices': text, force: flag },
    ...{ preview: flag, watch: flag, ...ROLLOUT_OPTIONS, ...WATCH_OPTIONS },
  },
  async run({ server, values }) {
    if (values.preview && values.watch) throw new UsageError('--preview creates nothing that --watch could show')
    const given = readDeployment(values)
    const findTarget = readTarget(values)
    const watchOptions = readWatch(values)
    const { members, other } = await findTarget(server)
    const deployment = { ...readNames(values, other), ...(await withFilterIds(given, server)), ...members }
    if (values.preview) {
      const { body } = await server.post(PREVIEW, { body: deployment })
      if (values.json) console.log(JSON.stringify(body))
      else printPreview(body)
      return 0
    }
    const id = await createDeployment(server, deployment)
    if (!values.json) console.log(`Deployment ID  ${id}`)
    else if (!values.watch) console.log(JSON.stringify({ id }))
    return values.watch ? watch(server, id, watchOptions) : 0
  },
})

type Given = GivenRollout & { phases?: GivenPhase[] }

function readDeployment(values: Values) {
  const now = Date.now()
  const phases = several(values, 'phase').map((phase) => asUsage(() => readPhase(phase, now)))
  if (optional(values, 'again') === undefined) readNames(values)
  return {
    ...(phases.length > 0 ? { phases } : {}),
    retries: wholeNumber(values, 'retries') ?? 0,
    max_devices: wholeNumber(values, 'max-devices', 1),
    force_installation: values.force === true,
    ...readRollout(values),
  }
}

/** Name and release, by default those of the deployment that `--again` names. */
function readNames(values: Values, other?: Deployment): { name: string; artifact_name: string } {
  const read = (option: string, otherwise: string | undefined) =>
    otherwise === undefined ? required(values, option) : (optional(values, option) ?? otherwise)
  return { name: read('name', other?.name), artifact_name: read('artifact', other?.artifact_name) }
}

/** Replaces the names of saved filters by their IDs. */
async function withFilterIds({ phases, exclude, ...others }: Given, server: Server) {
  const idOfFilter = async <Rest>({ filter, ...rest }: Rest & { filter?: string }) => ({
    ...(filter === undefined ? {} : { filter_id: (await findFilter(server, filter)).id }),
    ...rest,
  })
  return {
    ...others,
    ...(phases && { phases: await Promise.all(phases.map(idOfFilter)) }),
    ...(exclude && { exclude: await idOfFilter(exclude) }),
  }
}
