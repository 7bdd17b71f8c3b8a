import type { FileRole } from '../../deployments/rollout-file.ts'
import { type Context, ROLES } from './context.ts'
import { additions, changeStep, differences, type Step } from './step.ts'

export async function planRole(context: Context, role: FileRole): Promise<Step> {
  const { server } = context
  const { name, description = '', permission_sets_with_scope } = role
  const wanted = { description, permission_sets_with_scope }
  const present = (await context.roles()).find((one) => one.name === name)
  if (present)
    return changeStep('role', name, {
      changes: differences(present, wanted),
      async run() {
        await server.put(`${ROLES}/{name}`, { path: { name }, body: wanted })
        return undefined
      },
    })
  const run = async () => {
    await server.create(ROLES, { body: { name, ...wanted } })
    return undefined
  }
  return { kind: 'role', name, action: 'create', changes: additions({ permission_sets_with_scope }), run }
}
