import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { distribute } from '../src/db/citus/distribute.ts'
import { DISTRIBUTED } from '../src/db/citus/placement.ts'
import type { Database } from '../src/db/db.ts'
import { openPool } from '../src/db/pool.ts'
import { raw, sql } from '../src/db/sql.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { runHere } from './support/run-here.ts'

// The test has no Citus: stubs of its functions record their calls, and reject the foreign keys that the real
// functions reject. This verifies the order of the steps, not their effect on a cluster.

const CITUS_STUBS = `
  create table pg_dist_node (groupid int, isactive boolean, noderole text, shouldhaveshards boolean);
  create table pg_dist_partition (logicalrelid regclass primary key);
  create table calls (n serial, what text, broken boolean default false);
  create function create_distributed_table(
    table_name regclass, distribution_column text, distribution_type text default 'hash',
    colocate_with text default 'default', shard_count int default null) returns void language plpgsql as $$
  begin
    if exists (select from pg_constraint where contype = 'f' and (conrelid = table_name or confrelid = table_name)) then
      raise exception 'cannot create foreign key constraint since relations are not colocated';
    end if;
    if exists (select from calls where broken) and table_name = 'device_deployments'::regclass then
      raise exception 'the connection was lost';
    end if;
    insert into calls (what) values (concat_ws(' ', table_name, distribution_column, colocate_with, shard_count));
    insert into pg_dist_partition values (table_name);
  end $$;
  create function citus_add_local_table_to_metadata(table_name regclass) returns void language sql as $$
    insert into pg_dist_partition values (table_name) $$;
  create function truncate_local_data_after_distributing_table(table_name regclass) returns void language sql as $$
    insert into calls (what) values ('truncate ' || table_name) $$;
`

let db: Database
let url: string
let drop: () => Promise<unknown>
beforeAll(async () => {
  const database = await cloneDatabase()
  url = database.url
  drop = database.drop
  db = openPool(url, 2)
})
afterAll(async () => {
  await db.close()
  await drop()
})

const recordedCalls = async () =>
  (await db.query<{ what: string }>(sql`select what from calls where what is not null order by n`)).map(
    ({ what }) => what,
  )

const foreignKeys = () =>
  db.query(sql`
    select conname, pg_get_constraintdef(oid) as definition from pg_constraint
    where contype = 'f' and confrelid = 'devices'::regclass order by 1`)

test('a database without Citus, coordinator or workers is unchanged, and the error names what is missing', async () => {
  const ended = await runHere(['distribute'], { DATABASE_URL: url })
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('create extension citus') })
  const embedded = await runHere(['distribute'], { DATABASE_URL: '' })
  expect(embedded).toMatchObject({ code: 2, stderr: expect.stringContaining('DATABASE_URL is required') })
  await db.query(raw(CITUS_STUBS))
  await expect(distribute(db, 32)).rejects.toThrow('citus_set_coordinator_host')
  await db.query(sql`insert into pg_dist_node values (0, true, 'primary', false)`)
  await expect(distribute(db, 32)).rejects.toThrow('citus_add_node')
  expect(await recordedCalls()).toEqual([])
})

test('distributes the tables in order, can be interrupted, and restores the foreign keys', async () => {
  await db.query(sql`insert into pg_dist_node values (1, true, 'primary', true)`)
  const before = await foreignKeys()
  await db.query(sql`insert into calls (broken) values (true)`)
  await expect(distribute(db, 64)).rejects.toThrow('the connection was lost')
  await db.query(sql`update calls set broken = false`)

  const ended = await runHere(['distribute', '--shards', '64'], { DATABASE_URL: url })
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Distributed device_deployments,') })
  expect((await recordedCalls()).slice(0, DISTRIBUTED.length)).toEqual([
    'devices id none 64',
    'auth_sets device_id devices',
    'ddi_devices device_id devices',
    'ddi_actions device_id devices',
    'check_ins device_id devices',
    'device_configurations device_id devices',
    'device_deployments device_id devices',
    'deployment_targets device_id devices',
    'past_memberships device_id devices',
    'device_deployment_logs device_id devices',
    'device_identities identity_sha256 none 64',
  ])
  expect(await foreignKeys()).toEqual(before)
  expect(before).toHaveLength(5)
  expect(await distribute(db, 64)).toEqual([])
})

test('afterwards every transaction that can write forces a two-phase commit; a read-only one does not', async () => {
  await db.query(
    raw(`
    create table begun (kind text);
    create function note() returns trigger language plpgsql as
      $$ begin insert into begun values (tg_op); return null; end $$;
    create trigger note after delete on two_phase for each statement execute function note()`),
  )
  const opened = openPool(url, 2)
  await opened.transaction((tx) => tx.query(sql`select 1`))
  await opened.transaction((tx) => tx.query(sql`select 1`))
  await opened.reads.snapshot((tx) => tx.query(sql`select 1`))
  await opened.close()
  const client = new pg.Client(url)
  await client.connect()
  expect((await client.query('select count(*)::int as n from begun')).rows).toEqual([{ n: 2 }])
  await client.end()
})
