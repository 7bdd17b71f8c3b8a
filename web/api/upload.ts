import type { Dialect } from '../../src/auth/dialect.ts'
import { withBasePath } from './base-path.ts'
import { ApiError, csrfHeader, toApiError } from './http.ts'

const ARTIFACTS = '/api/management/v1/deployments/artifacts'
const INTERRUPTED =
  'The connection was lost during the upload. Check the connection and try again; the file is still in the list.'

/** What the server needs to create an artifact from a plain file. */
export type PlainFile = {
  /** `mender`: for the update module single-file; `ddi`: the file is kept as it is. */
  dialect: Dialect
  name: string
  device_types: string[]
  /** Only for Mender. */
  dest_dir: string
  filename: string
  /** Only for DDI; empty: what the file states, or the default of the server. */
  version: string
  part: string
}

/** Suggests the name of the release and the version by that of the file, unless the file states its version itself. */
export function forDdi(plain: PlainFile): PlainFile {
  const [, stem = '', extension = ''] = /^(.*?)(\.[^.]*)?$/s.exec(plain.filename) ?? []
  const [, version = ''] = /(?:^|[-_ ])v?(\d+(?:\.\d+)+[^_ ]*)$/.exec(stem) ?? []
  const isRead = /^\.(swu|raucb)$/i.test(extension)
  return { ...plain, dialect: 'ddi', name: plain.name || stem, version: plain.version || (isRead ? '' : version) }
}

export type Upload = {
  file: File
  description: string
  /** undefined: the file is already an artifact */
  plain?: PlainFile | undefined
}

type UploadOptions = { onProgress: (sent: number) => void; signal: AbortSignal }

/** Sends a file with XMLHttpRequest, because fetch() does not report the progress of uploads. */
export function upload(item: Upload, { onProgress, signal }: UploadOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', withBasePath(item.plain?.dialect === 'mender' ? `${ARTIFACTS}/generate` : ARTIFACTS))
    for (const [name, value] of Object.entries(csrfHeader())) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded }) => onProgress(Math.min(loaded, item.file.size))
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve()
      else reject(toApiError(request.status, request.responseText))
    }
    request.onerror = () => reject(new ApiError(0, INTERRUPTED))
    request.onabort = () => reject(new ApiError(0, 'Cancelled.'))
    signal.addEventListener('abort', () => request.abort())
    request.send(formOf(item))
  })
}

/** The file is the last part: the server reads the fields before it first. */
function formOf({ file, description, plain }: Upload): FormData {
  const form = new FormData()
  form.append('description', description)
  if (plain) {
    form.append('name', plain.name)
    form.append('device_types_compatible', plain.device_types.join(','))
  }
  if (plain?.dialect === 'mender') {
    form.append('type', 'single_file')
    form.append('args', JSON.stringify({ dest_dir: plain.dest_dir, filename: plain.filename }))
    form.append('file', file, plain.filename)
  } else {
    for (const member of ['version', 'part'] as const) if (plain?.[member]) form.append(member, plain[member])
    form.append('size', String(file.size))
    form.append('artifact', file, file.name)
  }
  return form
}
