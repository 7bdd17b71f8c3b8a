import { violatedConstraint } from '../../db/database-errors.ts'
import { filterNameTaken } from '../../errors.ts'

/** Runs a transaction that stores a filter, and refuses a name that another filter of the tenant has. */
export async function withUniqueName(name: string, store: () => Promise<void>): Promise<void> {
  try {
    await store()
  } catch (error) {
    if (violatedConstraint(error) === 'filters_tenant_id_name_key') throw filterNameTaken(name)
    throw error
  }
}
