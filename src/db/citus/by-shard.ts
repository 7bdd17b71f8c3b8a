import type { Db } from '../db.ts'

type OfDevice = { device_id: string }
type Holder = Pick<Db, 'distribution'>

/** The items by the shard of their devices, for a statement for each; elsewhere all for one. None if there are no items. */
export function byShard<Item>(
  { distribution }: Holder,
  items: readonly Item[],
  idOf: (item: Item) => string,
): (readonly Item[])[] {
  if (!distribution.shards) return items.length > 0 ? [items] : []
  return positionsByShard(distribution.shards, items.map(idOf)).map((at) => at.map((i) => items[i] as Item))
}

/** Reads rows about items by a statement for each shard. `at` of a row: the position of its item, from 1. */
export async function readByShard<Item extends OfDevice, Row extends { at: number }>(
  { distribution }: Holder,
  items: readonly Item[],
  read: (items: readonly Item[]) => Promise<Row[]>,
): Promise<Row[]> {
  if (!distribution.shards) return read(items)
  const ids = items.map(({ device_id }) => device_id)
  const reads = positionsByShard(distribution.shards, ids).map(async (positions) => {
    const rows = await read(positions.map((at) => items[at] as Item))
    for (const row of rows) row.at = (positions[row.at - 1] as number) + 1
    return rows
  })
  return (await Promise.all(reads)).flat()
}

type Shards = NonNullable<Db['distribution']['shards']>

function positionsByShard(shards: Shards, device_ids: readonly string[]): number[][] {
  const positions = new Map<number, number[]>()
  device_ids.forEach((device_id, at) => {
    const shard = shards.shardOf(device_id)
    const among = positions.get(shard)
    if (among) among.push(at)
    else positions.set(shard, [at])
  })
  return [...positions.values()]
}
