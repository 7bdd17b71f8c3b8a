import type { Recipe } from './recipe.ts'

export const RECIPE_COLUMNS = ['name', 'description', 'predefined', 'rules'] as const

/** The rules as JSON, as a new deployment takes them. */
export const recipeCells = ({ name, description, predefined, ...rules }: Recipe): string[] => [
  name,
  description,
  String(predefined),
  JSON.stringify(rules),
]
