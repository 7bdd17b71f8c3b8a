import { problemOf } from '../api/http.ts'

/** The error message by field of the request body; `form` if it concerns none of them. */
export function errorsOf<Field extends string>(
  error: unknown,
  members: Readonly<Record<Field, string>>,
): Partial<Record<Field | 'form', string>> {
  if (!error) return {}
  const { field, sentence } = problemOf(error)
  const [member] = (field ?? '').split('.')
  const at = (Object.keys(members) as Field[]).find((name) => members[name] === member) ?? 'form'
  return { [at]: asSentence(sentence) } as Partial<Record<Field | 'form', string>>
}

const asSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
