import type { FileFilter } from '../../deployments/rollout-file.ts'
import { FILTERS } from '../filters/paths.ts'
import { previewTerms } from '../filters/search.ts'
import type { Context } from './context.ts'
import { additions, changeStep, differences, type Step } from './step.ts'

export async function planFilter(context: Context, filter: FileFilter): Promise<Step> {
  const { server } = context
  const { name, terms } = filter
  const saved = (await context.filters()).find((one) => one.name === name)
  const { count: device_count } = await previewTerms(server, terms, 1)
  if (!saved) {
    const run = async () => (await server.create(FILTERS, { body: filter })).id
    return { kind: 'filter', name, action: 'create', changes: additions({ terms }), device_count, run }
  }
  const { id } = saved
  const step = changeStep('filter', name, {
    changes: differences(saved, { terms }),
    id,
    async run() {
      await server.put(`${FILTERS}/{id}`, { path: { id }, body: filter })
      return id
    },
  })
  return { ...step, device_count }
}
