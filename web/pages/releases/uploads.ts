import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useReducer, useRef } from 'react'
import { releasesChanged } from '../../api/releases.ts'
import { forDdi, type PlainFile, upload } from '../../api/upload.ts'

export type UploadItem = {
  key: number
  file: File
  description: string
  plain: PlainFile | undefined
  state: 'waiting' | 'sending' | 'done' | 'failed'
  sent: number
  error: unknown
}

type Change = Partial<Omit<UploadItem, 'key' | 'file'>>
type UploadAction = { add: File[] } | { change: Change; key: number } | { remove: number } | { clear: true }

let lastKey = 0

const toItem = (file: File): UploadItem => ({
  ...{ key: ++lastKey, file, description: '', state: 'waiting', sent: 0, error: undefined },
  plain: isArtifact(file) ? undefined : plainFile(file),
})

const isArtifact = ({ name }: File): boolean => /\.mender$/i.test(name)
const isForDdi = ({ name }: File): boolean => /\.(swu|raucb)$/i.test(name)

const plainFile = (file: File): PlainFile => {
  const plain: PlainFile = {
    ...{ dialect: 'mender', name: '', device_types: [], dest_dir: '', filename: file.name },
    ...{ version: '', part: '' },
  }
  return isForDdi(file) ? forDdi(plain) : plain
}

function reduce(items: UploadItem[], act: UploadAction): UploadItem[] {
  if ('add' in act) return [...items, ...act.add.map(toItem)]
  if ('remove' in act) return items.filter(({ key }) => key !== act.remove)
  if ('clear' in act) return []
  return items.map((item) => (item.key === act.key ? { ...item, ...act.change } : item))
}

/** Uploads files one after the other. Files that fail stay in the list with the error. */
export function useUploads() {
  const [items, act] = useReducer(reduce, [])
  const queries = useQueryClient()
  const abort = useRef<AbortController>(null)
  const sending = items.find(({ state }) => state === 'sending')
  useWarning(sending !== undefined)
  useEffect(() => () => abort.current?.abort(), [])

  async function send(item: UploadItem, signal: AbortSignal) {
    const { key } = item
    act({ key, change: { state: 'sending', sent: 0, error: undefined } })
    try {
      await upload(item, { signal, onProgress: (sent) => act({ key, change: { sent } }) })
      act({ key, change: { state: 'done', sent: item.file.size } })
      void releasesChanged(queries)
    } catch (error) {
      act({ key, change: signal.aborted ? { state: 'waiting', sent: 0 } : { state: 'failed', error } })
    }
  }

  async function start() {
    const controller = new AbortController()
    abort.current = controller
    for (const item of items) {
      if (controller.signal.aborted) return
      if (item.state === 'waiting' || item.state === 'failed') await send(item, controller.signal)
    }
  }

  return {
    ...{ items, isSending: sending !== undefined, start },
    add: (files: File[]) => act({ add: files }),
    change: (key: number, change: Change) => act({ key, change }),
    remove: (key: number) => act({ remove: key }),
    clear: () => act({ clear: true }),
    cancel: () => abort.current?.abort(),
  }
}

export type Uploads = ReturnType<typeof useUploads>

/** Warns before the page is left during an upload. */
function useWarning(isSending: boolean) {
  useEffect(() => {
    if (!isSending) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', warn)
    return () => removeEventListener('beforeunload', warn)
  }, [isSending])
}
