import { required, several, type Values, wholeNumber } from '../command.ts'
import { asUsage, remoteCommand } from '../remote/command.ts'
import { idOf } from '../remote/server.ts'
import { PHASE_HELP, readPhase } from './phase-text.ts'
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
  --phase PHASE         a share of the devices; without phases, all start at once
  --retries COUNT       how often a device may retry after a failure (0)
  --max-devices COUNT   device limit, with --filter: stops after this many devices (no limit: runs until aborted)
  --force               force installation, also on devices that already run the release
  --watch               then watch the deployment, as "muster deployments watch" does:
${WATCH_HELP}

${PHASE_HELP}
`,
  options: {
    ...{ name: text, artifact: text, filter: text, devices: texts, group: text, all: flag, phase: texts },
    ...{ retries: text, 'max-devices': text, force: flag, watch: flag, ...WATCH_OPTIONS },
  },
  async run({ server, values }) {
    const deployment = readDeployment(values)
    const findTarget = readTarget(values)
    const watchOptions = readWatch(values)
    const { path, members } = await findTarget(server)
    const id = idOf(await server.post(path, { ...deployment, ...members }))
    if (!values.json) console.log(`Deployment ID  ${id}`)
    else if (!values.watch) console.log(JSON.stringify({ id }))
    return values.watch ? watch(server, id, watchOptions) : 0
  },
})

function readDeployment(values: Values) {
  const now = Date.now()
  const phases = several(values, 'phase').map((phase) => asUsage(() => readPhase(phase, now)))
  return {
    name: required(values, 'name'),
    artifact_name: required(values, 'artifact'),
    ...(phases.length > 0 ? { phases } : {}),
    retries: wholeNumber(values, 'retries') ?? 0,
    max_devices: wholeNumber(values, 'max-devices', 1),
    force_installation: values.force === true,
  }
}
