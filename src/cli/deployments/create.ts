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
  summary: 'Deploy a release',
  help: `
  --name N        what to call the deployment
  --artifact A    the release: the name of its artifacts
  --filter F      to the devices that match a saved filter (name or id), now or later
  --devices ID    to these; several with commas, or given several times
  --group G       to the devices of a group as they are now
  --all           to all accepted devices as they are now
  --phase P       a part of the devices; without any, all at once
  --retries N     how often a device may try again after a failure (0)
  --max-devices N with --filter: finishes after so many devices; without it, goes on until aborted
  --force         install also where the release is installed already
  --watch         then watch it, as "muster deployments watch" does:
${WATCH_HELP}

${PHASE_HELP}
`,
  options: {
    ...{ name: text, artifact: text, filter: text, devices: texts, group: text, all: flag, phase: texts },
    ...{ retries: text, 'max-devices': text, force: flag, watch: flag, ...WATCH_OPTIONS },
  },
  async run({ server, values }) {
    const wanted = readDeployment(values)
    const findTarget = readTarget(values)
    const watching = readWatch(values)
    const { path, members } = await findTarget(server)
    const id = idOf(await server.post(path, { ...wanted, ...members }))
    if (!values.json) console.log(`Deployment ID  ${id}`)
    else if (!values.watch) console.log(JSON.stringify({ id }))
    return values.watch ? watch(server, id, watching) : 0
  },
})

function readDeployment(values: Values) {
  const now = Date.now()
  const phases = several(values, 'phase').map((given) => asUsage(() => readPhase(given, now)))
  return {
    name: required(values, 'name'),
    artifact_name: required(values, 'artifact'),
    ...(phases.length > 0 ? { phases } : {}),
    retries: wholeNumber(values, 'retries') ?? 0,
    max_devices: wholeNumber(values, 'max-devices', 1),
    force_installation: values.force === true,
  }
}
