import type { Actor } from '../../auth/actor.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { objectDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { changedMembers, type RecipeContent, type StoredRecipes } from '../recipe.ts'

type Row = { recipes: StoredRecipes }

export async function readRecipes(db: Db, tenant_id: string): Promise<StoredRecipes> {
  const row = await db.first<Row>(sql`select recipes from tenants where tenant_id = ${tenant_id}`)
  return row?.recipes ?? {}
}

/** Locks the row of the tenant. */
export async function lockRecipes(tx: Db, tenant_id: string): Promise<StoredRecipes> {
  const row = await tx.first<Row>(sql`
    select recipes from tenants where tenant_id = ${tenant_id} for no key update`)
  return row?.recipes ?? {}
}

type RecipeChange = {
  name: string
  heading: string
  /** undefined: there was none, or there is none any more. */
  before: RecipeContent | undefined
  after: RecipeContent | undefined
}

/** Records nothing if the recipe stays as it is. */
export async function recordRecipeChange(
  tx: Db,
  actor: Actor,
  at: Date,
  { name, heading, before, after }: RecipeChange,
): Promise<void> {
  const changed = changedMembers(before ?? {}, after ?? {})
  const lines = objectDiff(changed.before, changed.after)
  if (lines.length === 0) return
  const object = eventObject('settings', actor.tenant_id, { recipe: name })
  await recordEvent(tx, actor, { at, action: 'update', object, change: [heading, ...lines].join('\n') })
}
