import { randomUUID } from 'node:crypto'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { eventObject } from '../../events/event.ts'
import { type EventActor, recordEvent } from '../../events/record-event.ts'
import { canonicalJson } from '../identity.ts'

export type ChangedDevice = { device_id: string; identity_data?: object | undefined }

/** A device as the object of an event. */
export const deviceObject = ({ device_id, identity_data }: ChangedDevice) =>
  eventObject('device', device_id, identity_data && { identity_data: canonicalJson(identity_data) })

/** Records the change of a device in the audit log, in the transaction that changed it. */
export type RecordDevice = (tx: Db, at: Date, device: ChangedDevice) => Promise<void>

/** One event for each device. */
export const recordEachDevice =
  (actor: EventActor, action: string): RecordDevice =>
  (tx, at, device) =>
    recordEvent(tx, actor, { at, action, object: deviceObject(device) })

/** One event for all devices, to which the transaction of each one adds. */
export function recordDevicesTogether(actor: EventActor, action: string): RecordDevice {
  const id = randomUUID()
  return async (tx, at, { device_id }) => {
    if (await addToEvent(tx, actor.tenant_id, { id, device_id })) return
    const devices = { count: 1, ids: [device_id] }
    await recordEvent(tx, actor, { at, action, object: eventObject('devices', id, devices), ids: devices.ids })
  }
}

const addToEvent = (tx: Db, tenant_id: string, { id, device_id }: { id: string; device_id: string }) =>
  tx.first(sql`
    update events set object_ids = object_ids || ${device_id}::text,
      object = jsonb_set(object, '{devices}', jsonb_build_object(
        'count', cardinality(object_ids) + 1, 'ids', to_jsonb(object_ids || ${device_id}::text)))
    where tenant_id = ${tenant_id} and object_id = ${id} and object_type = 'devices' returning 1`)
