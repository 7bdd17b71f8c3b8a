import { useDownloadLimits } from '../../api/download-limits.ts'
import { useMay } from '../../api/session.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { DownloadsForm } from './downloads/form.tsx'
import { Running } from './downloads/running.tsx'

/** When devices are offered updates, and how many of them download at a time. */
export function Downloads() {
  const limits = useDownloadLimits()
  const mayChange = useMay()('deployments')
  return (
    <Loaded query={limits} lines={8}>
      {(stored) => (
        <div className="cards wide-cards">
          <DownloadsForm stored={stored} mayChange={mayChange} />
          {(stored.max_downloads ?? stored.by_attribute?.max_downloads) && <Running limits={stored} />}
        </div>
      )}
    </Loaded>
  )
}
