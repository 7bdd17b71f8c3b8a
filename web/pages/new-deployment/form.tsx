import { Alert, Button, Group, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useLocation } from 'wouter'
import { counted } from '../../../src/texts/numbers.ts'
import { createDeployment } from '../../api/deployments.ts'
import { useSavedFilters } from '../../api/targets.ts'
import { Failure } from '../../parts/failure.tsx'
import { ReleasePicker } from '../../parts/release-picker.tsx'
import { toDraft } from '../../parts/rollout/from-api.ts'
import { RulesEditor } from '../../parts/rollout/rules-editor.tsx'
import { reachedBy } from '../../parts/rollout/schedule-text.ts'
import { useNow } from '../../parts/time.tsx'
import { toBody, toTarget } from './body.ts'
import { type Draft, useDraft } from './draft.ts'
import { Options } from './options.tsx'
import { PreviewCard, WorstCase } from './preview.tsx'
import { problemsOf } from './problems.ts'
import { RecipePicker, useMatchingRecipe } from './recipe-picker.tsx'
import type { NamedTarget } from './sentence.ts'
import { TargetPicker, useUnavailableKinds } from './target-picker.tsx'
import { usePreviewState } from './use-preview-state.ts'

/** Relative phases start from this clock. The preview and the request use the same time. */
const CLOCK_INTERVAL_MS = 30_000

/** The form for a new deployment, with a preview of what it will do. */
export function Form() {
  const unavailable = useUnavailableKinds()
  const { draft, isRestored, change, discard } = useDraft(unavailable.filter ? 'group' : 'filter')
  const target = useNamed(draft)
  const suggested = suggestName(draft, target)
  const now = useNow(CLOCK_INTERVAL_MS)
  const match = useMatchingRecipe(draft.rules)
  const body = toBody(draft, { suggested, now, recipe: match?.name })
  const { state, error, isStale, isLoaded } = usePreviewState(body, target)
  const create = useCreation(discard)
  const [isSubmitted, setSubmitted] = useState(false)
  const problems = problemsOf(create.error ?? error)
  const fields = { ...problems.fields, ...(isSubmitted ? missing(draft) : {}) }
  const edit = (changes: Partial<Draft>) => {
    create.reset()
    change(changes)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setSubmitted(true)
    if (body && isLoaded) create.mutate(body)
  }
  return (
    <form onSubmit={submit} noValidate className="new-deployment">
      <Stack>
        {isRestored && (
          <Alert color="blue" variant="light">
            <Group justify="space-between">
              You started this deployment earlier.
              <Button size="compact-sm" variant="default" onClick={discard}>
                Start over
              </Button>
            </Group>
          </Alert>
        )}
        <div className="deployment-fields">
          <Stack className="card">
            <ReleasePicker
              value={draft.release}
              error={fields.artifact_name}
              onChange={(release) => edit({ release })}
            />
            <TargetPicker value={draft.target} error={fields.target} onChange={(next) => edit({ target: next })} />
            <TextInput
              label="Name"
              required
              value={draft.name ?? suggested}
              error={fields.name}
              onChange={({ currentTarget: { value } }) => edit({ name: value })}
            />
          </Stack>
          <div className="card deployment-rules">
            <Stack gap="lg">
              <RecipePicker
                chosen={draft.recipe}
                match={match}
                onChoose={(recipe) => edit({ recipe: recipe.name, rules: toDraft(recipe) })}
              />
              <RulesEditor
                isTimed
                rules={draft.rules}
                problems={fields}
                onChange={(changes) => edit({ rules: { ...draft.rules, ...changes } })}
              />
            </Stack>
          </div>
          <div className="card">
            <Options draft={draft} problems={fields} onChange={edit} />
          </div>
        </div>
      </Stack>
      <div className="aside">
        <Stack>
          <PreviewCard {...{ state, isStale, now }} />
          {state && <WorstCase preview={state.preview} isStale={isStale} />}
          {problems.other !== undefined && <Failure error={problems.other} />}
          <Button type="submit" size="md" loading={create.isPending} disabled={body !== undefined && !isLoaded}>
            {state && !isStale ? `Deploy to ${counted(reachedBy(state.preview), 'device')}` : 'Deploy'}
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

/** Creates the deployment and opens its page. */
function useCreation(discard: () => void) {
  const queries = useQueryClient()
  const [, go] = useLocation()
  return useMutation({
    mutationFn: createDeployment,
    onSuccess: (id) => {
      discard()
      void queries.invalidateQueries({ queryKey: ['deployments'] })
      go(`/deployments/${id}`)
    },
  })
}

function suggestName({ release }: Draft, { kind, filter_name, group, devices }: NamedTarget): string {
  if (release === '') return ''
  const name = { filter: filter_name, group, devices: counted(devices.length, 'device'), all: 'all devices' }[kind]
  return (name === '' ? release : `${release} to ${name}`).slice(0, 256)
}

/** Required fields that are missing for a request to the server. */
function missing({ release, target }: Draft): Record<string, string> {
  return {
    ...(release === '' ? { artifact_name: 'Choose a release.' } : {}),
    ...(toTarget(target) ? {} : { target: 'Choose the target devices.' }),
  }
}
