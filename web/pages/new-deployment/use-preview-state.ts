import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { type NewDeployment, usePreview } from '../../api/deployments.ts'
import type { NamedTarget, PreviewState } from './sentence.ts'

/** The preview of the server for a request body. The last one stays while the next is loading, or if that fails. */
export function usePreviewState(body: NewDeployment | undefined, target: NamedTarget) {
  const text = body && JSON.stringify(body)
  const [requested] = useDebouncedValue(text, 250)
  const { data, error } = usePreview(requested === undefined ? undefined : (JSON.parse(requested) as NewDeployment))
  const [last, setLast] = useState<PreviewState>()
  const isCurrent = body !== undefined && requested === text
  const state = isCurrent && data ? { release: body.artifact_name, target, preview: data } : undefined
  if (state && (state.preview !== last?.preview || target.filter_name !== last.target.filter_name)) setLast(state)
  return {
    state: body && (state ?? last),
    error: isCurrent ? error : null,
    /** The state belongs to an earlier request, or the current one failed. */
    isStale: state === undefined,
    isLoaded: isCurrent && (data !== undefined || error !== null),
  }
}
