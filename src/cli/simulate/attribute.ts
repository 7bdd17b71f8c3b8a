import { UsageError } from '../command.ts'

export function readAttribute(text: string): [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw new UsageError('--attribute must be name=value')
  return [name, value]
}
