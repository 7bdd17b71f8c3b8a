import type { Actor } from '../../auth/actor.ts'
import { deviceObject } from '../../auth/devices/record-device.ts'
import type { Env } from '../../env.ts'
import { objectDiff } from '../../events/change-text.ts'
import { recordEvent } from '../../events/record-event.ts'
import { byName, type NewAttribute } from '../attribute.ts'
import { writeScopeWithEvent } from './write-scope-with-event.ts'

export type TagsUpdate = {
  device_id: string
  replace: boolean
  attributes: readonly NewAttribute[]
  /** Entity tags, one of which the tags must have. */
  if_match?: readonly string[] | undefined
}

export async function tagDevice(env: Env, actor: Actor, tags: TagsUpdate): Promise<void> {
  const { tenant_id, scope } = actor
  const { values } = byName(tags.attributes)
  await writeScopeWithEvent(env, { tenant_id, within: scope.groups, scope: 'tags', ...tags }, (tx, device) => {
    const lines = objectDiff(device.tags, tags.replace ? values : { ...device.tags, ...values })
    const change = ['Updated tags:', ...lines].join('\n')
    return recordEvent(tx, actor, { at: env.now(), action: 'update', object: deviceObject(device), change })
  })
}
