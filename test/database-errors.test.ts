import { expect, test } from 'vitest'
import { violatedConstraint } from '../src/db/database-errors.ts'

const NAME = 'ddi_actions_tenant_id_device_id_fkey'
const violation = (constraint: string) =>
  `insert or update on table "ddi_actions_102022" violates foreign key constraint "${constraint}"`

test.each([
  ['of PostgreSQL', { code: '23503', constraint: NAME, message: violation(NAME) }, NAME],
  ['with a number in its name', { code: '23503', constraint: 'one_2', message: violation('one_2') }, 'one_2'],
  ['of a shard, as the coordinator repeats it', { code: '23503', message: violation(`${NAME}_102022`) }, NAME],
  ['in a message that it does not know', { code: '23505', message: 'nothing that it knows' }, '23505'],
  ['none', { code: '40001', message: violation(NAME) }, undefined],
])('the constraint that was violated: %s', (_case, error, name) => {
  expect(violatedConstraint(Object.assign(new Error(), error))).toBe(name)
})
