import type pg from 'pg'
import { SQLSTATE } from '../database-errors.ts'
import type { Distribution } from './shards.ts'

/** A warning of Citus: the transaction is committed, except on a machine that has it prepared. */
const IN_DOUBT = /^failed to commit transaction on /

/**
 * Commits. On a cluster it throws if a machine has not confirmed: Citus commits there, too, but maybe a minute later, and
 * until then nobody sees what would have been acknowledged.
 */
export async function confirmedCommit(
  client: pg.PoolClient,
  { shards }: Distribution,
  commit: () => Promise<unknown>,
): Promise<void> {
  let is_in_doubt = false
  const onNotice = ({ message = '' }: { message?: string | undefined }) => {
    is_in_doubt ||= IN_DOUBT.test(message)
  }
  if (shards) client.on('notice', onNotice)
  try {
    await commit()
  } finally {
    if (shards) client.off('notice', onNotice)
  }
  if (is_in_doubt) throw inDoubt()
}

const inDoubt = () =>
  Object.assign(
    new Error('A machine of the cluster did not confirm the commit: it follows when the machine responds.'),
    {
      code: SQLSTATE.connection_failure,
    },
  )
