/** The name of a recipe as a title: `All at once`. */
export const recipeTitle = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
