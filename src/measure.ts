import { AggregatorRegistry, collectDefaultMetrics, type Metric, type MetricObject, Registry } from 'prom-client'
import type { Db } from './db/db.ts'
import { countUnfinished } from './deployments/rows/count-unfinished.ts'
import { type Family, readFamilies, type Sample } from './metrics/metric.ts'

/** What one process has to tell. */
export type Measured = Family[]

const process_metrics = new Registry()

/** What this process has counted, with its memory, processor time, event loop and garbage collection from the first call on. */
export async function measureProcess(): Promise<Measured> {
  if (process_metrics.getMetricsAsArray().length === 0) collectDefaultMetrics({ register: process_metrics })
  return [...readFamilies(), ...((await process_metrics.getMetricsAsJSON()) as unknown as Family[])]
}

const FRESH_MS = 5000

/** The deployments, by one small query, asked for anew only after some seconds however often somebody reads. */
export function deploymentMeter(db: Db): () => Promise<Measured> {
  let asked_ms = Number.NEGATIVE_INFINITY
  let latest: Promise<Measured> | undefined
  return () => {
    if (latest && performance.now() - asked_ms < FRESH_MS) return latest
    asked_ms = performance.now()
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

/** The numbers of all processes together, as Prometheus reads them. */
export function writeMetrics(all: readonly Measured[]): Promise<string> {
  const together = AggregatorRegistry.aggregate(all as unknown as (MetricObject | Metric<string>)[])
  return together.metrics()
}

export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE
