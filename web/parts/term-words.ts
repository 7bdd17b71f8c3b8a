import type { Term } from '../../src/inventory/filter.ts'

const VERBS: Readonly<Record<string, string>> = {
  ...{ $eq: 'is', $ne: 'is not', $in: 'is one of', $nin: 'is none of', $regex: 'matches the pattern' },
  ...{ $gt: 'is greater than', $gte: 'is at least', $lt: 'is less than', $lte: 'is at most' },
  $ltne: 'is less than, or missing',
}

/** `inventory/region is eu` */
export function termWords({ scope, attribute, type, value }: Term): string {
  const name = `${scope}/${attribute}`
  if (type === '$exists') return `${name} ${value ? 'exists' : 'is missing'}`
  return `${name} ${VERBS[type] ?? type} ${[value].flat().join(', ')}`
}

/** All of a filter's terms, which must all hold. */
export const termsWords = (terms: readonly Term[]): string => terms.map(termWords).join(', and ')
