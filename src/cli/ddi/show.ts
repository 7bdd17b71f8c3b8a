import type { DdiDevice } from '../../client/api.ts'
import { remoteCommand } from '../remote/command.ts'
import { facts, timeText } from '../remote/print.ts'
import { DDI_DEVICE } from './paths.ts'

export const showCommand = remoteCommand({
  summary: 'Show the controller ID, the target token and the newest action of a device that speaks DDI',
  operands: 'ID',
  help: '',
  async run({ server, values, words: [id = ''] }) {
    const { body } = await server.get(DDI_DEVICE, { path: { id } })
    console.log(values.json ? JSON.stringify(body) : facts(factsOf(body)))
  },
})

const factsOf = ({ device_id, controller_id, has_target_token, wants_config_data, action }: DdiDevice) => ({
  'Device ID': device_id,
  'Controller ID': controller_id,
  'Target token': has_target_token ? 'yes' : 'none',
  'Config data': wants_config_data ? 'asked for at the next poll' : undefined,
  ...(action && actionFacts(action)),
})

const actionFacts = ({
  id,
  deployment_id,
  attempt,
  created,
  downloaded,
  cancel_since,
  closed,
}: NonNullable<DdiDevice['action']>) => ({
  Action: id,
  Deployment: deployment_id,
  Attempt: attempt,
  Begun: timeText(created),
  Downloaded: downloaded ? 'yes' : 'no',
  'Cancel asked for': cancel_since && timeText(cancel_since),
  Closed: closed && timeText(closed),
})
