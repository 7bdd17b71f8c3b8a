/** What the numbers of one name are, as prom-client's registries and aggregation take it. */
export type Family = {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  /** How the numbers of several processes become one. */
  aggregator: 'sum' | 'max' | 'min'
  values: Sample[]
}
export type Sample = { value: number; labels: Labels; metricName?: string }
type Labels = Record<string, string | number>

/** Counting is an addition to one of these: labels are settled beforehand, and put into words only when somebody reads. */
export type Cell = { value: number }

const families: (() => Family)[] = []

/** Everything this process has counted. */
export const readFamilies = (): Family[] => families.map((read) => read())

type Naming<Label extends string> = { name: string; help: string; labels?: readonly Label[] }

/** A number that only grows, for each combination of labels. */
export function counter<Label extends string>({ name, help, labels = [] }: Naming<Label>) {
  const { find, all } = cellsBy(labels, (): Cell => ({ value: 0 }))
  families.push(() => ({
    ...{ name, help, type: 'counter', aggregator: 'sum' },
    values: all().map(([named, { value }]) => ({ labels: named, value })),
  }))
  return find
}

type Reading = { name: string; help: string; aggregator?: Family['aggregator'] }

/** Numbers that are looked up when somebody reads. */
export function gauge({ name, help, aggregator = 'sum' }: Reading, read: () => Sample[]) {
  families.push(() => ({ name, help, type: 'gauge', aggregator, values: read() }))
}

/** How values spread over ranges that end at `bounds`, for each combination of labels. */
export function histogram<Label extends string>({
  name,
  help,
  labels = [],
  bounds,
}: Naming<Label> & { bounds: readonly number[] }) {
  const { find, all } = cellsBy(labels, () => new Spread(bounds))
  families.push(() => ({
    ...{ name, help, type: 'histogram', aggregator: 'sum' },
    values: all().flatMap(([named, spread]) => spread.samples(name, named)),
  }))
  return find
}

class Spread {
  readonly #bounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  add(value: number): void {
    let range = 0
    while (range < this.#bounds.length && value > (this.#bounds[range] as number)) range++
    this.#counts[range]!++
    this.#sum += value
  }

  samples(name: string, labels: Labels): Sample[] {
    let below = 0
    const buckets = [...this.#bounds, '+Inf'].map((le, range) => {
      below += this.#counts[range] ?? 0
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: below },
    ]
  }
}

function cellsBy<Made>(names: readonly string[], make: () => Made) {
  const kept = new Map<string, [Labels, Made]>()
  const find = (...values: string[]): Made => {
    const key = values.join('\n')
    const found = kept.get(key)
    if (found) return found[1]
    const made = make()
    kept.set(key, [Object.fromEntries(names.map((name, i) => [name, values[i] ?? ''])), made])
    return made
  }
  return { find, all: () => [...kept.values()] }
}
