import { createHash } from 'node:crypto'
import type { Database } from '../../src/db/db.ts'
import { raw, sql } from '../../src/db/sql.ts'
import { chance, idOf, inventoryOf, type Member, macOf } from './members.ts'

const CHUNK = 2000
const DAY_MS = 24 * 60 * 60 * 1000
/** Of the DER of an Ed25519 public key. */
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex')

/** Inserts accepted devices, as if they had been accepted and had sent their inventory before `now`. */
export async function insertMembers(db: Database, tenant_id: string, members: readonly Member[], now: Date) {
  for (let from = 0; from < members.length; from += CHUNK) {
    const rows = JSON.stringify(members.slice(from, from + CHUNK).map((member) => rowOf(member, now)))
    await db.query(sql`
      with given as materialized (
        select * from jsonb_to_recordset(${rows}::jsonb) as g (
          id text, identity jsonb, sha256 text, pubkey text, attributes jsonb, created timestamptz, seen timestamptz)
      ), made as (
        insert into devices (tenant_id, id, identity_data, identity_sha256, status, created_ts, updated_ts, attributes,
          attributes_updated_ts)
        select ${tenant_id}, id, identity, sha256, 'accepted', created, created, attributes, created from given
      ), known as (
        insert into device_identities (tenant_id, identity_sha256, device_id) select ${tenant_id}, sha256, id from given
      ), authorized as (
        insert into auth_sets (tenant_id, device_id, id, pubkey, key_sha256, status, ts)
        select ${tenant_id}, id, id, pubkey, sha256, 'accepted', created from given
      )
      insert into check_ins (tenant_id, device_id, at) select ${tenant_id}, id, seen from given`)
  }
  if (members.length > CHUNK) await db.query(raw('analyze devices, auth_sets, check_ins, device_identities'))
}

function rowOf(member: Member, now: Date) {
  const { index, joins, silent_from, artifact_name } = member
  const mac = macOf(member)
  const sha256 = createHash('sha256').update(JSON.stringify({ mac })).digest()
  const key = Buffer.concat([SPKI_ED25519, sha256]).toString('base64')
  const age_days = joins > 0 ? 0 : 30 + chance(index, 'age') * 700
  const silence_days = silent_from < 0 ? 2 + chance(index, 'silence') * 26 : chance(index, 'seen')
  const before = (days: number) => new Date(now.getTime() - days * DAY_MS).toISOString()
  return {
    ...{ id: idOf(index), identity: { mac }, sha256: sha256.toString('hex') },
    pubkey: `-----BEGIN PUBLIC KEY-----\n${key}\n-----END PUBLIC KEY-----\n`,
    attributes: { identity: { mac }, inventory: inventoryOf(member, artifact_name) },
    ...{ created: before(age_days), seen: before(joins > 0 ? 0 : silence_days) },
  }
}
