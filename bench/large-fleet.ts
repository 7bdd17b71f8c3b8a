import type { Database } from '../src/db/db.ts'
import { sql } from '../src/db/sql.ts'

const DEVICES = 1_000_000
const CHUNK = 100_000

/** The release to deploy: no device runs it yet. */
export const RELEASE = 'firmware-9'

/**
 * Devices with 25 attributes each, distributed as in a real fleet: some are unique, others shared by a thousandth, a
 * hundredth, a tenth, a half or all of the devices. IDs are in random order. 90 % are in one of twenty groups, and 98 %
 * are accepted.
 */
export async function fillFleet(db: Database, tenant_id: string, devices = DEVICES): Promise<void> {
  // Building the index once after the load takes a fraction of the time.
  await db.query(sql`drop index devices_attributes`)
  const chunks = Array.from({ length: Math.ceil(devices / CHUNK) }, (_, i) => i * CHUNK)
  const fill = async () => {
    for (let from = chunks.shift(); from !== undefined; from = chunks.shift())
      await insertDevices(db, tenant_id, { from, to: Math.min(from + CHUNK, devices) - 1 })
  }
  await Promise.all([fill(), fill()])
  await db.query(sql`create index devices_attributes on devices using gin (attributes jsonb_path_ops)`)
  await insertRelease(db, tenant_id)
  await insertBusy(db, tenant_id, Math.floor(devices / 100))
  await db.query(sql`vacuum (analyze) devices`)
  await db.query(sql`vacuum (analyze) auth_sets`)
  await db.query(sql`vacuum (analyze) device_deployments`)
  await db.query(sql`checkpoint`)
}

const insertDevices = (db: Database, tenant_id: string, { from, to }: { from: number; to: number }) =>
  db.query(sql`
    with device as materialized (
      select i, md5(i::text)::uuid::text as id, md5('serial' || i) as hash,
        case when i % 100 = 98 then 'pending' when i % 100 = 99 then 'rejected' else 'accepted' end as status
      from generate_series(${from}::int, ${to}::int) i
    ), made as (
      insert into devices (tenant_id, id, identity_data, identity_sha256, status, created_ts, updated_ts,
        group_name, attributes, attributes_updated_ts)
      select ${tenant_id}, id, jsonb_build_object('serial', 'SN' || upper(left(hash, 10))), hash || hash, status,
        now() - i * interval '20 s', now(),
        case when i % 10 > 0 then 'group-' || i / 10 % 20 end,
        jsonb_build_object(
          'identity', jsonb_build_object(
            'serial', 'SN' || upper(left(hash, 10)), 'mac', '02:00:' || substr(hash, 11, 8)),
          'tags', jsonb_build_object('name', 'gateway ' || i, 'site', 'site-' || i % 1000),
          'inventory', jsonb_build_object(
            'artifact_name', 'firmware-' || i % 7, 'device_type', 'gateway-' || i % 5, 'region', 'region-' || i % 10,
            'percent', i % 100, 'half', case when i % 2 = 0 then 'even' else 'odd' end, 'number', i,
            'hostname', 'gw-' || left(hash, 12),
            'ipv4_eth0', '10.' || i / 65536 % 256 || '.' || i / 256 % 256 || '.' || i % 256,
            'mac_eth0', '02:00:' || substr(hash, 11, 8), 'kernel', 'Linux 6.6.' || i % 20, 'os', 'Embedded Linux 5.0',
            'mem_total_kB', 1048576 * (1 + i % 4), 'cpu_model', 'ARMv8 processor rev 4', 'rootfs_type', 'ext4',
            'network_interfaces', jsonb_build_array('eth0', 'wlan0', 'lo'), 'geo-country', 'country-' || i % 50,
            'geo-city', 'city-' || i % 2000, 'rootfs-image.version', 'firmware-' || i % 7,
            'rootfs-image.checksum', md5((i % 7)::text), 'client_version', '5.0.' || i % 3, 'timezone', 'UTC')), now()
      from device
    ), authorized as (
      insert into auth_sets (tenant_id, device_id, id, pubkey, key_sha256, status, ts)
      select ${tenant_id}, id, id, 'a key', hash, status, now() from device
    )
    insert into check_ins (tenant_id, device_id, at)
    select ${tenant_id}, id, now() - (i % 5000) * interval '1 min' from device`)

const insertRelease = async (db: Database, tenant_id: string) => {
  await db.query(sql`insert into releases (tenant_id, name, modified) values (${tenant_id}, ${RELEASE}, now())`)
  await db.query(sql`
    insert into artifacts (tenant_id, id, name, description, device_types_compatible, info, signed, updates,
      artifact_provides, artifact_depends, clears_artifact_provides, size, created, modified)
    select ${tenant_id}, gen_random_uuid()::text, ${RELEASE}, '', array[device_type], '{}', false, '[]',
      jsonb_build_object('artifact_name', ${RELEASE}::text, 'rootfs-image.version', ${RELEASE}::text),
      jsonb_build_object('device_type', jsonb_build_array(device_type)), '{}', 1000, now(), now()
    from unnest('{gateway-0,gateway-1,gateway-2}'::text[]) as device_type`)
}

/** An older deployment that is in progress on some devices and finished on ten times as many. */
async function insertBusy(db: Database, tenant_id: string, busy: number) {
  const id = '11111111-1111-4111-8111-111111111111'
  await db.query(sql`
    insert into deployments (tenant_id, id, name, artifact_name, created, dynamic, filter, initial_device_count)
    values (${tenant_id}, ${id}, 'before', ${RELEASE}, now(), true, '{"terms": []}', ${busy * 11})`)
  await db.query(sql`
    insert into deployment_progress (tenant_id, deployment_id, device_count, "installing", "success")
    values (${tenant_id}, ${id}, ${busy * 11}, ${busy}, ${busy * 10})`)
  await db.query(sql`
    insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, status, created,
      finished)
    select ${tenant_id}, md5(i::text)::uuid::text, gen_random_uuid()::text, ${id}, now(),
      case when i < ${busy}::int then 'installing' else 'success' end, now(), case when i >= ${busy}::int then now() end
    from generate_series(0, ${busy * 11 - 1}::int) i`)
}
