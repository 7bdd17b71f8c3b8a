import { problemOf } from '../../api/http.ts'

/** Errors by the field that they concern; `other` concerns no field. */
export type Problems = { fields: Readonly<Record<string, string>>; other: unknown }

const FIELDS: readonly [RegExp, string][] = [
  [/filter not found|No devices for the deployment|role does not allow/, 'target'],
  [/No artifact for the deployment/, 'artifact_name'],
]

export function problemsOf(error: unknown): Problems {
  if (!error) return { fields: {}, other: undefined }
  const { field, sentence } = problemOf(error)
  const empty = /Batch: \((\d+)\) will be empty/.exec(sentence)
  if (empty)
    return at(
      `phases.${Number(empty[1]) - 1}.batch_size`,
      `Phase ${empty[1]} would have no devices: increase its percentage.`,
    )
  if (field === 'retries') return at(field, 'Enter 1 to 1,001 attempts.')
  if (field) return at(['filter_id', 'group', 'devices', 'all_devices'].includes(field) ? 'target' : field, sentence)
  const known = FIELDS.find(([pattern]) => pattern.test(sentence))
  return known ? at(known[1], sentence) : { fields: {}, other: error }
}

const at = (field: string, sentence: string): Problems => ({ fields: { [field]: sentence }, other: undefined })
