import { AggregatorRegistry, collectDefaultMetrics, type Metric, type MetricObject, Registry } from 'prom-client'
import type { Db } from './db/db.ts'
import { countUnfinished } from './deployments/rows/count-unfinished.ts'
import { type Family, readFamilies, type Sample } from './metrics/metric.ts'

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

const VALID_FOR_MS = 5000

/** Returns a function that reads the metrics of deployments, by one small query, at most once in some seconds. */
export function deploymentMetrics(db: Db): () => Promise<ProcessMetrics> {
  let read_ms = Number.NEGATIVE_INFINITY
  let latest: Promise<ProcessMetrics> | undefined
  return () => {
    if (latest && performance.now() - read_ms < VALID_FOR_MS) return latest
    read_ms = performance.now()
    latest = countUnfinished(db).then(
      ({ deployments, devices }) => [
        databaseUp(1),
        gaugeOf('muster_unfinished_deployments', 'Deployments that are not finished', [
          { labels: {}, value: deployments },
        ]),
        gaugeOf(
          'muster_unfinished_deployment_devices',
          'Devices of the deployments that are not finished, by status',
          Object.entries(devices).map(([status, value]) => ({ labels: { status }, value })),
        ),
      ],
      () => [databaseUp(0)],
    )
    return latest
  }
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
