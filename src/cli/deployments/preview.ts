import type { DeploymentPreview, PhasePreview } from '../../client/api.ts'
import { gateLabel } from '../../texts/gates.ts'
import { counted, whole } from '../../texts/numbers.ts'
import { ruleSentences, worstCaseText } from '../../texts/rollouts.ts'
import { facts, printable, table, timeText } from '../remote/print.ts'

export function printPreview(preview: DeploymentPreview): void {
  console.log(previewText(preview))
  console.log('Nothing was created.')
}

/** What the creation would do, in numbers; the worst case is the last line. */
export function previewText(preview: DeploymentPreview): string {
  const sentences = ruleSentences(preview, 'UTC')
  return [
    facts(factsOf(preview)),
    ...(preview.phases.length > 0 ? [phaseTable(preview.phases)] : []),
    ...(sentences.length > 0 ? [sentences.map(printable).join('\n')] : []),
    worstCaseText(preview.worst_case),
  ].join('\n\n')
}

const factsOf = ({ max_devices, recipe, ...preview }: DeploymentPreview) => ({
  'Target devices': whole(preview.device_count),
  'Device limit': max_devices && whole(max_devices),
  Recipe: recipe,
  Excluded: numberOf(preview.excluded),
  'Not accepted devices': preview.unknown > 0 ? whole(preview.unknown) : undefined,
  'Outside their window now': numberOf(preview.outside_window),
  'In quiet hours now': numberOf(preview.in_quiet_hours),
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
