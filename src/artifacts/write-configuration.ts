import { headerOfConfiguration, VERSION } from './configuration-artifact.ts'
import { sha256, tarOf } from './write-artifact.ts'

export type ConfigurationPlan = {
  artifact_name: string
  device_type: string
  /** As JSON. */
  configuration: string
  mtime: Date
}

/** The bytes of an artifact that configures a device, the same for the same plan: a download may be continued. */
export async function writeConfiguration(plan: ConfigurationPlan): Promise<Buffer> {
  const { artifact_name, device_type, configuration, mtime } = plan
  const members = headerOfConfiguration(artifact_name, device_type, configuration)
  const header = { name: 'header.tar', content: await tarOf(members, mtime) }
  const manifest = [header, VERSION].map(({ name, content }) => `${sha256(content)}  ${name}\n`).join('')
  const data = { name: 'data/0000.tar', content: await tarOf([], mtime) }
  return tarOf([VERSION, { name: 'manifest', content: manifest }, header, data], mtime)
}
