export type Values = Readonly<Record<string, unknown>>

/** Fills the placeholders of a path and appends the query. A list is repeated; what is undefined is left out. */
export function addressOf(template: string, { path = {}, query = {} }: { path?: Values; query?: Values }): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])))
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const one of [value].flat()) if (one !== undefined) parameters.append(name, String(one))
  return parameters.size === 0 ? filled : `${filled}?${parameters}`
}
