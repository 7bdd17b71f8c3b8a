import type { FileFilter } from '../../deployments/rollout-file.ts'
import { FILTERS } from '../filters/paths.ts'
import { previewTerms } from '../filters/search.ts'
import { idOf } from '../remote/server.ts'
import type { Context } from './context.ts'
import { additions, changeStep, differences, type Step } from './step.ts'

export async function planFilter(context: Context, filter: FileFilter): Promise<Step> {
  const { server } = context
  const { name, terms } = filter
  const saved = (await context.filters()).find((one) => one.name === name)
  const { count: device_count } = await previewTerms(server, terms, 1)
  if (!saved) {
    const run = async () => idOf(await server.create(FILTERS, filter))
    return { kind: 'filter', name, action: 'create', changes: additions({ terms }), device_count, run }
  }
  const { id } = saved
  const step = changeStep('filter', name, {
    changes: differences(saved, { terms }),
    id,
    async run() {
      await server.put(`${FILTERS}/${id}`, filter)
      return id
    },
  })
  return { ...step, device_count }
}
