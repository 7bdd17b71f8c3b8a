/** A statement with its parameters separate: `sql` never puts a value into the text. */
export type Sql = { readonly text: readonly string[]; readonly values: readonly unknown[] }

const isSql = (value: unknown): value is Sql =>
  typeof value === 'object' && value !== null && Array.isArray((value as Sql).text) && statements.has(value)

/** Only what was created here counts as SQL, whatever shape a value from a request has. */
const statements = new WeakSet<object>()

const create = (text: readonly string[], values: readonly unknown[]): Sql => {
  const statement = { text, values }
  statements.add(statement)
  return statement
}

/** Tagged template; a nested `Sql` is spliced in, everything else becomes a parameter. */
export function sql(strings: TemplateStringsArray, ...values: readonly unknown[]): Sql {
  const text = [strings[0] ?? '']
  const parameters: unknown[] = []
  values.forEach((value, i) => {
    const after = strings[i + 1] ?? ''
    if (isSql(value)) {
      text[text.length - 1] += value.text[0] ?? ''
      text.push(...value.text.slice(1))
      text[text.length - 1] += after
      parameters.push(...value.values)
    } else {
      parameters.push(value)
      text.push(after)
    }
  })
  return create(text, parameters)
}

const prepared_statements = new WeakSet<Sql>()

/**
 * Marks a statement that a `hot` transaction prepares, once on each connection: its text must be the same whatever its
 * parameters are. Elsewhere it is planned each time.
 */
export function prepared(statement: Sql): Sql {
  prepared_statements.add(statement)
  return statement
}

export const isPrepared = (statement: Sql): boolean => prepared_statements.has(statement)

/** Text of the program itself (a column name, `asc`): never anything that came from outside. */
export const raw = (text: string): Sql => create([text], [])

export const empty = raw('')

export function join(parts: readonly Sql[], separator = raw(', ')): Sql {
  return parts.reduce((joined, part, i) => (i === 0 ? part : sql`${joined}${separator}${part}`), empty)
}

/** `true` for no conditions. */
export const and = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? raw('true') : join(conditions, raw(' and '))

export const toQuery = (statement: Sql): { text: string; values: unknown[] } => ({
  text: statement.text.reduce((text, part, i) => (i === 0 ? part : `${text}$${i}${part}`), ''),
  values: [...statement.values],
})

/** A column to sort by: names sort the same everywhere, whatever the collation of the database. */
export const byColumn = (name: string): Sql => raw(name === 'name' ? 'name collate "C"' : name)
