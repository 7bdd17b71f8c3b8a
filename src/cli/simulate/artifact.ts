import { writeFile } from 'node:fs/promises'
import { makeArtifact } from '../../simulate/make-artifact.ts'
import { type Command, required, several, UsageError } from '../command.ts'

export const simulateArtifactCommand: Command = {
  summary: 'Write a small artifact for simulated devices',
  operands: 'FILE',
  help: `
  --name NAME           name of the release
  --device-type TYPE    compatible device type; may be given several times

Real devices need artifacts written by mender-artifact.`,
  options: { name: { type: 'string' }, 'device-type': { type: 'string', multiple: true } },
  async run(values, [path = '']) {
    const name = required(values, 'name')
    const device_types = several(values, 'device-type')
    if (device_types.length === 0) throw new UsageError('--device-type is required')
    const file = { name: 'firmware.bin', content: Buffer.alloc(16 * 1024, name) }
    await writeFile(path, await makeArtifact({ name, device_types, file }))
    console.log(`Wrote ${path}.`)
    return 0
  },
}
