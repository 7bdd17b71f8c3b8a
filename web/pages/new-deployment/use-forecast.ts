import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { type NewDeployment, usePreview } from '../../api/deployments.ts'
import type { Answer, NamedTarget } from './sentence.ts'

/** What the server says that a body would do. The last answer stays while the next is on its way, or there is none. */
export function useForecast(body: NewDeployment | undefined, target: NamedTarget) {
  const text = body && JSON.stringify(body)
  const [asked] = useDebouncedValue(text, 250)
  const { data, error } = usePreview(asked === undefined ? undefined : (JSON.parse(asked) as NewDeployment))
  const [last, setLast] = useState<Answer>()
  const isAsked = body !== undefined && asked === text
  const answer = isAsked && data ? { release: body.artifact_name, target, preview: data } : undefined
  if (answer && (answer.preview !== last?.preview || target.filter_name !== last.target.filter_name)) setLast(answer)
  return {
    answer: body && (answer ?? last),
    error: isAsked ? error : null,
    /** What is in the form has not been answered, or was refused. */
    isStale: answer === undefined,
    isAnswered: isAsked && (data !== undefined || error !== null),
  }
}
