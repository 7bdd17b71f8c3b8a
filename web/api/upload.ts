import { ApiError, csrfHeader, refusal } from './http.ts'
import { placed } from './place.ts'

const ARTIFACTS = '/api/management/v1/deployments/artifacts'
const INTERRUPTED =
  'The connection was lost during the upload. Check the connection and try again; the file is still in the list.'

/** What the server needs to know to make an artifact of a plain file. */
export type PlainFile = { name: string; device_types: string[]; dest_dir: string; filename: string }

export type Upload = {
  file: File
  description: string
  /** undefined: it is an artifact already */
  plain?: PlainFile | undefined
}

type Watch = { onProgress: (sent: number) => void; signal: AbortSignal }

/** Sends a file. fetch() does not tell how far it is; this does. */
export function upload(asked: Upload, { onProgress, signal }: Watch): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', placed(asked.plain ? `${ARTIFACTS}/generate` : ARTIFACTS))
    for (const [name, value] of Object.entries(csrfHeader())) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded }) => onProgress(Math.min(loaded, asked.file.size))
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve()
      else reject(refusal(request.status, request.responseText))
    }
    request.onerror = () => reject(new ApiError(0, INTERRUPTED))
    request.onabort = () => reject(new ApiError(0, 'Cancelled.'))
    signal.addEventListener('abort', () => request.abort())
    request.send(formOf(asked))
  })
}

/** The file comes last: the server reads what is before it first. */
function formOf({ file, description, plain }: Upload): FormData {
  const form = new FormData()
  form.append('description', description)
  if (plain) {
    form.append('type', 'single_file')
    form.append('name', plain.name)
    form.append('device_types_compatible', plain.device_types.join(','))
    form.append('args', JSON.stringify({ dest_dir: plain.dest_dir, filename: plain.filename }))
    form.append('file', file, plain.filename)
  } else {
    form.append('size', String(file.size))
    form.append('artifact', file, file.name)
  }
  return form
}
