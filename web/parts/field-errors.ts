import { problemOf } from '../api/http.ts'

/**
 * The error message by field; `form` if it concerns no field. The error names the field, or the pattern of the field
 * matches the message.
 */
export function errorsOf<Field extends string>(
  error: unknown,
  fields: Readonly<Record<Field, RegExp>>,
): Partial<Record<Field | 'form', string>> {
  if (!error) return {}
  const { field, sentence } = problemOf(error)
  const names = Object.keys(fields) as Field[]
  const at = names.find((name) => name === field) ?? names.find((name) => fields[name].test(sentence)) ?? 'form'
  return { [at]: asSentence(sentence) } as Partial<Record<Field | 'form', string>>
}

const asSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
