import type { DeploymentPreview } from '../../deployments/orders/preview-deployment.ts'
import { gateLabel } from '../../texts/gates.ts'
import { counted, whole } from '../../texts/numbers.ts'
import { ruleSentences, worstCaseText } from '../../texts/rollouts.ts'
import { facts, printable, table, timeText } from '../remote/print.ts'

type PhasePreview = DeploymentPreview['phases'][number]

/** Prints what the creation would do, in numbers; the worst case is the last line. */
export function printPreview(preview: DeploymentPreview): void {
  console.log(facts(factsOf(preview)))
  if (preview.phases.length > 0) console.log(`\n${phaseTable(preview.phases)}`)
  const sentences = ruleSentences(preview, 'UTC')
  if (sentences.length > 0) console.log(`\n${sentences.map(printable).join('\n')}`)
  console.log(`\n${worstCaseText(preview.worst_case)}`)
  console.log('Nothing was created.')
}

const factsOf = ({ max_devices, recipe, ...preview }: DeploymentPreview) => ({
  'Target devices': whole(preview.device_count),
  'Device limit': max_devices && whole(max_devices),
  Recipe: recipe,
  Excluded: numberOf(preview.excluded),
  'Not accepted devices': preview.unknown > 0 ? whole(preview.unknown) : undefined,
  'Outside their window now': numberOf(preview.outside_window),
  ...Object.fromEntries(preview.artifacts.map((artifact) => artifactFact(artifact))),
  'Run the release already': whole(preview.already_installed),
  'Without a device type': numberOf(preview.no_device_type),
  'No artifact for': whole(preview.noartifact - (preview.downgrade ?? 0)),
  'Have a newer version': numberOf(preview.downgrade),
  'Versions not comparable': numberOf(preview.version_unknown),
  'Busy with another deployment': whole(preview.busy),
  'First offer': preview.first_offer ? timeText(preview.first_offer) : 'never',
})

const numberOf = (count: number | undefined): string | undefined => (count === undefined ? undefined : whole(count))

const artifactFact = ({ device_types_compatible, device_count }: DeploymentPreview['artifacts'][number]) => [
  `Artifact for ${device_types_compatible.join(', ')}`,
  counted(device_count, 'device'),
]

const phaseTable = (phases: readonly PhasePreview[]): string =>
  table(
    phases.map((phase, i) => ({ ...phase, number: i + 1 })),
    [
      ['PHASE', ({ number }) => number],
      ['SHARE', ({ named, batch_size }) => (named ? 'named' : `${batch_size} %`)],
      ['DEVICES', ({ device_count }) => (device_count === undefined ? 'no limit' : whole(device_count))],
      ['NOT BEFORE', ({ start_ts }) => timeText(start_ts)],
      ['GATE', ({ gate }) => gate && gateLabel(gate)],
    ],
  )
