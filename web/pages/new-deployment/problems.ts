import { isRefusal, problemOf } from '../../api/http.ts'

/** Errors by the field that they concern; `other` concerns no field. */
export type Problems = { fields: Readonly<Record<string, string>>; other: unknown }

/** The members of the body that the form asks for in one field. */
const FIELDS: Readonly<Record<string, string>> = {
  filter_id: 'target',
  group: 'target',
  devices: 'target',
  all_devices: 'target',
}

export function problemsOf(error: unknown): Problems {
  if (!error) return { fields: {}, other: undefined }
  const { field, sentence } = problemOf(error)
  if (isRefusal(error, 'no_devices', 'permission_denied', 'release_not_permitted')) return at('target', sentence)
  if (!field) return { fields: {}, other: error }
  if (isRefusal(error, 'empty_phase')) {
    const number = Number(field.split('.')[1]) + 1
    const remedy = field.endsWith('.batch_size') ? 'increase its percentage' : 'choose other devices'
    return at(field, `Phase ${number} would have no devices: ${remedy}.`)
  }
  if (field === 'retries') return at(field, 'Enter 1 to 1,001 attempts.')
  return at(FIELDS[field] ?? field, sentence)
}

const at = (field: string, sentence: string): Problems => ({ fields: { [field]: sentence }, other: undefined })
