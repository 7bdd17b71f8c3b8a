import { lockDevices } from '../../db/locks/device-lock.ts'
import { type Env, nowText } from '../../env.ts'
import { type ActionKey, closeAction } from '../rows/action-rows.ts'
import { askForConfigData } from '../rows/ask-for-config-data.ts'

/**
 * Closes an action that the device has ended. `asks`: whether to ask the device for its attributes, which may differ
 * now.
 */
export async function endAction(env: Env, action: ActionKey, { asks }: { asks: boolean }): Promise<void> {
  await env.db.transaction(async (tx) => {
    await lockDevices(tx, [action])
    await closeAction(tx, action, nowText(env))
    if (asks) await askForConfigData(tx, action)
  })
}
