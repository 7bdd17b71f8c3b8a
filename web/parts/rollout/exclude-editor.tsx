import { DevicePicker } from '../device-picker.tsx'
import type { EditorProps, ExcludeDraft } from './draft.ts'
import { FilterSelect } from './filter-select.tsx'

export function ExcludeEditor({ rules: { exclude }, problems, onChange }: EditorProps) {
  if (!exclude) return null
  const edit = (changes: Partial<ExcludeDraft>) => onChange({ exclude: { ...exclude, ...changes } })
  return (
    <>
      <div className="grow">
        <FilterSelect
          label="Devices that match a filter"
          value={exclude.filter_id}
          error={problems.exclude ?? problems['exclude.filter_id']}
          onChange={(filter_id) => edit({ filter_id })}
        />
      </div>
      <div className="grow">
        <DevicePicker
          label="And these devices"
          value={exclude.device_ids}
          error={problems['exclude.device_ids']}
          onChange={(device_ids) => edit({ device_ids })}
        />
      </div>
    </>
  )
}
