/** The samples of one metric, in the form that prom-client's registries and aggregation expect. */
export type Family = {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  /** How the values of several processes are combined. */
  aggregator: 'sum' | 'max' | 'min'
  values: Sample[]
}
export type Sample = { value: number; labels: Labels; metricName?: string }
type Labels = Record<string, string | number>

/**
 * Counting adds to one of these: its labels are resolved in advance, and written out only when the metrics are read.
 */
export type Cell = { value: number }

const families: (() => Family)[] = []

/** The metrics of this process. */
export const readFamilies = (): Family[] => families.map((read) => read())

type Description<Label extends string> = { name: string; help: string; labels?: readonly Label[] }

/** A value that only grows, for each combination of labels. */
export function counter<Label extends string>({ name, help, labels = [] }: Description<Label>) {
  const { find, all } = cellsBy(labels, (): Cell => ({ value: 0 }))
  families.push(() => ({
    ...{ name, help, type: 'counter', aggregator: 'sum' },
    values: all().map(([labels, { value }]) => ({ labels, value })),
  }))
  return find
}

type GaugeOptions = { name: string; help: string; aggregator?: Family['aggregator'] }

/** Values that are read when the metrics are. */
export function gauge({ name, help, aggregator = 'sum' }: GaugeOptions, read: () => Sample[]) {
  families.push(() => ({ name, help, type: 'gauge', aggregator, values: read() }))
}

/** The distribution of values over buckets with these upper bounds, for each combination of labels. */
export function histogram<Label extends string>({
  name,
  help,
  labels = [],
  bounds,
}: Description<Label> & { bounds: readonly number[] }) {
  const { find, all } = cellsBy(labels, () => new Distribution(bounds))
  families.push(() => ({
    ...{ name, help, type: 'histogram', aggregator: 'sum' },
    values: all().flatMap(([labels, distribution]) => distribution.samples(name, labels)),
  }))
  return find
}

class Distribution {
  readonly #bounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  add(value: number): void {
    let bucket = 0
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] as number)) bucket++
    this.#counts[bucket]!++
    this.#sum += value
  }

  samples(name: string, labels: Labels): Sample[] {
    let cumulative = 0
    const buckets = [...this.#bounds, '+Inf'].map((le, bucket) => {
      cumulative += this.#counts[bucket] ?? 0
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: cumulative }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: cumulative },
    ]
  }
}

function cellsBy<Value>(names: readonly string[], create: () => Value) {
  const cells = new Map<string, [Labels, Value]>()
  const find = (...values: string[]): Value => {
    const key = values.join('\n')
    const known = cells.get(key)
    if (known) return known[1]
    const cell = create()
    cells.set(key, [Object.fromEntries(names.map((name, i) => [name, values[i] ?? ''])), cell])
    return cell
  }
  return { find, all: () => [...cells.values()] }
}
