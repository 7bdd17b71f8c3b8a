import { Button } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import './releases/releases.css'
import { RELEASES_EXPORT, useReleases } from '../api/releases.ts'
import { useMay } from '../api/session.ts'
import { useQueryState } from '../api/use-query-state.ts'
import { ExportCsv } from '../parts/export-csv.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { Pager } from '../parts/pager.tsx'
import { PastEnd } from '../parts/past-end.tsx'
import { DropAnywhere } from './releases/drop-anywhere.tsx'
import { NoMatchingReleases, NoReleases } from './releases/empty.tsx'
import { Filters } from './releases/filters.tsx'
import { isFiltered, useListQuery } from './releases/list-query.ts'
import { ReleaseTable } from './releases/table.tsx'
import { UploadDialog } from './releases/upload-dialog.tsx'
import { useUploads } from './releases/uploads.ts'

/** All releases, and the upload of artifacts. */
export default function Releases() {
  const mayUpload = useMay()('upload')
  const [query, setQuery] = useListQuery()
  const releases = useReleases(query)
  const uploads = useUploads()
  const [isUploading, setUploading] = useState(false)
  const [params, changeParams] = useQueryState()
  const isAskedToUpload = params.has('upload') && mayUpload
  useEffect(() => {
    if (!isAskedToUpload) return
    setUploading(true)
    changeParams({ upload: '' })
  }, [isAskedToUpload, changeParams])
  const rows = releases.data?.rows ?? []
  const deviceTypes = [
    ...new Set(rows.flatMap(({ artifacts }) => artifacts.flatMap((one) => one.device_types_compatible))),
  ]
  const isEmpty = releases.data?.total === 0 && !isFiltered(query)
  const uploadButton = mayUpload && (
    <Button leftSection={<IconUpload size={16} aria-hidden />} onClick={() => setUploading(true)}>
      Upload
    </Button>
  )
  const { page: _, per_page: __, ...filter } = query
  const actions = (
    <>
      <ExportCsv path={RELEASES_EXPORT} query={filter} />
      {uploadButton}
    </>
  )
  const dropped = (files: File[]) => {
    uploads.add(files)
    setUploading(true)
  }
  return (
    <Page title="Releases" actions={releases.data && !isEmpty && actions}>
      {mayUpload && !uploads.isSending && <DropAnywhere onDrop={dropped} />}
      {isUploading && <UploadDialog {...{ uploads, deviceTypes }} onClose={() => setUploading(false)} />}
      <Loaded query={releases}>
        {({ rows, total }) =>
          isEmpty ? (
            <NoReleases action={uploadButton} />
          ) : (
            <>
              <Filters query={query} onChange={setQuery} />
              {total === 0 ? (
                <NoMatchingReleases
                  onClear={() => setQuery({ search: '', tag: [], device_type: '', update_type: '' })}
                />
              ) : rows.length === 0 ? (
                <PastEnd onFirst={() => setQuery({ page: 1 })} />
              ) : (
                <ReleaseTable {...{ rows, sort: query.sort }} onSort={(sort) => setQuery({ sort })} />
              )}
              <Pager {...{ page: query.page, per_page: query.per_page, total }} onChange={setQuery} />
            </>
          )
        }
      </Loaded>
    </Page>
  )
}
