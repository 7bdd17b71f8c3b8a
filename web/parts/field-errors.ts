import { problemOf } from '../api/http.ts'

/** What is wrong at each field; what concerns none of them is `form`. A field is named in the refusal, or known by its words. */
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
