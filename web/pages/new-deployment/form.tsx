import { Alert, Button, Group, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useLocation } from 'wouter'
import { counted } from '../../../src/texts/numbers.ts'
import { createDeployment } from '../../api/deployments.ts'
import { useSavedFilters } from '../../api/targets.ts'
import { Failure } from '../../parts/failure.tsx'
import { useNow } from '../../parts/time.tsx'
import { toBody, toTarget } from './body.ts'
import { type Draft, useDraft } from './draft.ts'
import { Forecast } from './forecast.tsx'
import { Options } from './options.tsx'
import { PhasesEditor } from './phases-editor.tsx'
import { problemsOf } from './problems.ts'
import { ReleasePicker } from './release-picker.tsx'
import { type NamedTarget, reachedBy } from './sentence.ts'
import { TargetPicker, useClosedKinds } from './target-picker.tsx'
import { useForecast } from './use-forecast.ts'

/** Phases that start some time after another are counted from here; what is shown and what is sent are the same. */
const NOW_MS = 30_000

/** All of a new deployment on one page, and beside it what it will do. */
export function Form() {
  const closed = useClosedKinds()
  const { draft, isKept, change, forget } = useDraft(closed.filter ? 'group' : 'filter')
  const target = useNamed(draft)
  const suggested = suggestName(draft, target)
  const now = useNow(NOW_MS)
  const body = toBody(draft, suggested, now)
  const { answer, error, isStale, isAnswered } = useForecast(body, target)
  const create = useCreation(forget)
  const [isTried, setTried] = useState(false)
  const problems = problemsOf(create.error ?? error)
  const fields = { ...problems.fields, ...(isTried ? missing(draft) : {}) }
  const edit = (changes: Partial<Draft>) => {
    create.reset()
    change(changes)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (body && isAnswered) create.mutate(body)
  }
  return (
    <form onSubmit={submit} noValidate className="new-deployment">
      <Stack>
        {isKept && (
          <Alert color="blue" variant="light">
            <Group justify="space-between">
              You started this deployment earlier.
              <Button size="compact-sm" variant="default" onClick={forget}>
                Start over
              </Button>
            </Group>
          </Alert>
        )}
        <Stack className="card">
          <ReleasePicker value={draft.release} error={fields.artifact_name} onChange={(release) => edit({ release })} />
          <TargetPicker value={draft.target} error={fields.target} onChange={(next) => edit({ target: next })} />
          <TextInput
            label="Name"
            required
            value={draft.name ?? suggested}
            error={fields.name}
            onChange={({ currentTarget: { value } }) => edit({ name: value })}
          />
        </Stack>
        <div className="card">
          <PhasesEditor value={draft.phases} problems={fields} onChange={(phases) => edit({ phases })} />
        </div>
        <div className="card">
          <Options draft={draft} problems={fields} onChange={edit} />
        </div>
      </Stack>
      <div className="aside">
        <Stack>
          <Forecast {...{ answer, isStale, now }} />
          {problems.other !== undefined && <Failure error={problems.other} />}
          <Button type="submit" size="md" loading={create.isPending} disabled={body !== undefined && !isAnswered}>
            {answer && !isStale ? `Deploy to ${counted(reachedBy(answer.preview), 'device')}` : 'Deploy'}
          </Button>
        </Stack>
      </div>
    </form>
  )
}

function useNamed({ target }: Draft): NamedTarget {
  const { data } = useSavedFilters({ enabled: target.kind === 'filter' })
  return { ...target, filter_name: data?.rows.find(({ id }) => id === target.filter_id)?.name ?? '' }
}

/** Opens what was created. */
function useCreation(forget: () => void) {
  const queries = useQueryClient()
  const [, go] = useLocation()
  return useMutation({
    mutationFn: createDeployment,
    onSuccess: (id) => {
      forget()
      void queries.invalidateQueries({ queryKey: ['deployments'] })
      go(`/deployments/${id}`)
    },
  })
}

function suggestName({ release }: Draft, { kind, filter_name, group, devices }: NamedTarget): string {
  if (release === '') return ''
  const whom = { filter: filter_name, group, devices: counted(devices.length, 'device'), all: 'all devices' }[kind]
  return (whom === '' ? release : `${release} to ${whom}`).slice(0, 256)
}

/** What there is nothing to ask the server without. */
function missing({ release, target }: Draft): Record<string, string> {
  return {
    ...(release === '' ? { artifact_name: 'Choose a release.' } : {}),
    ...(toTarget(target) ? {} : { target: 'Choose the target devices.' }),
  }
}
