import { AggregatorRegistry, collectDefaultMetrics, type Metric, type MetricObject, Registry } from 'prom-client'
import { countUnfinished } from './deployments/rows/count-unfinished.ts'
import type { Env } from './env.ts'
import { type Family, readFamilies, type Sample } from './metrics/metric.ts'
import { countWaiting } from './webhooks/count-waiting.ts'

/** The metrics of one process. */
export type ProcessMetrics = Family[]

const process_metrics = new Registry()

/**
 * The metrics of this process, including memory, processor time, event loop and garbage collection since the first
 * call.
 */
export async function readProcessMetrics(): Promise<ProcessMetrics> {
  if (process_metrics.getMetricsAsArray().length === 0) collectDefaultMetrics({ register: process_metrics })
  return [...readFamilies(), ...((await process_metrics.getMetricsAsJSON()) as unknown as Family[])]
}

/** The metrics of what the primary process of several workers does itself. */
export const readPrimaryMetrics = (): ProcessMetrics =>
  readFamilies().filter(({ name }) => name.startsWith('muster_webhook_'))

const VALID_FOR_MS = 5000

/** Returns a function that reads what the database counts, by two small queries, at most once in some seconds. */
export function databaseMetrics({ db, now }: Pick<Env, 'db' | 'now'>): () => Promise<ProcessMetrics> {
  let read_ms = Number.NEGATIVE_INFINITY
  let latest: Promise<ProcessMetrics> | undefined
  return () => {
    if (latest && performance.now() - read_ms < VALID_FOR_MS) return latest
    read_ms = performance.now()
    latest = Promise.all([countUnfinished(db), countWaiting(db)]).then(
      ([{ deployments, devices }, waiting]) => [
        databaseUp(1),
        gaugeOf('muster_unfinished_deployments', 'Deployments that are not finished', [
          { labels: {}, value: deployments },
        ]),
        gaugeOf(
          'muster_unfinished_deployment_devices',
          'Devices of the deployments that are not finished, by status',
          Object.entries(devices).map(([status, value]) => ({ labels: { status }, value })),
        ),
        ...waitingMetrics(waiting, now()),
      ],
      () => [databaseUp(0)],
    )
    return latest
  }
}

const waitingMetrics = ({ deliveries, oldest, failing }: Awaited<ReturnType<typeof countWaiting>>, now: Date) => {
  const age_ms = oldest === null ? 0 : Math.max(0, now.getTime() - Date.parse(oldest))
  const gauges = [
    ['muster_webhook_deliveries_waiting', 'Events that are still to be sent, once for each integration', deliveries],
    ['muster_webhook_oldest_waiting_seconds', 'Age of the oldest event that is still to be sent', age_ms / 1000],
    ['muster_webhook_integrations_failing', 'Integrations whose last attempts failed', failing],
  ] as const
  return gauges.map(([name, help, value]) => gaugeOf(name, help, [{ labels: {}, value }]))
}

const gaugeOf = (name: string, help: string, values: Sample[]): Family => ({
  ...{ name, help, type: 'gauge', aggregator: 'sum' },
  values,
})

const databaseUp = (value: number) =>
  gaugeOf('muster_database_up', 'Whether the database answered just now', [{ labels: {}, value }])

/** Writes the sum of the metrics of all processes in the format of Prometheus. */
export function writeMetrics(all: readonly ProcessMetrics[]): Promise<string> {
  const aggregated = AggregatorRegistry.aggregate(all as unknown as (MetricObject | Metric<string>)[])
  return aggregated.metrics()
}

export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE
