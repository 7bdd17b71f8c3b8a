import { badRequest } from '../../errors.ts'

export const NEWEST_FIRST = { by: 'modified', ascending: false } as const

/** Reads `attribute:asc` or `attribute:desc`; ascending by default. */
export function readSort<Attribute extends string>(
  text: string | undefined,
  attributes: readonly [...Attribute[], Attribute],
): { by: Attribute | 'modified'; ascending: boolean } {
  if (!text) return NEWEST_FIRST
  const [name, direction = 'asc', ...rest] = text.split(':')
  const by = attributes.find((attribute) => attribute === name)
  if (!by || rest.length > 0 || !['asc', 'desc'].includes(direction))
    throw badRequest(`invalid sort query: must be one of ${attributes.join(', ')}, then :asc or :desc`)
  return { by, ascending: direction === 'asc' }
}
