import { Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../../api/http.ts'
import { type Recipe, saveRecipe, useRecipesChanged } from '../../api/recipes.ts'
import { FormDialog } from '../../parts/form.tsx'
import { allAtOnce } from '../../parts/rollout/draft.ts'
import { toDraft } from '../../parts/rollout/from-api.ts'
import { recipeTitle } from '../../parts/rollout/recipe-title.ts'
import { RulesEditor } from '../../parts/rollout/rules-editor.tsx'
import { toRecipePhases, toRollout } from '../../parts/rollout/to-api.ts'

/** Creates a recipe, or edits one. */
export function RecipeForm({ recipe, onClose }: { recipe?: Recipe; onClose: () => void }) {
  const [name, setName] = useState(recipe?.name ?? '')
  const [description, setDescription] = useState(recipe?.description ?? '')
  const [rules, setRules] = useState(() => (recipe ? toDraft(recipe) : allAtOnce()))
  const onChanged = useRecipesChanged()
  const save = useMutation({
    mutationFn: () =>
      saveRecipe(name.trim(), { description, ...toRollout(rules), phases: toRecipePhases(rules.phases) }),
    onSuccess: () => onChanged().then(onClose),
  })
  const { field, sentence } = save.error ? problemOf(save.error) : { field: undefined, sentence: '' }
  const problems = field ? { [field]: sentence } : {}
  const isShown = field !== undefined && isFieldOfForm(field)
  return (
    <FormDialog
      size="xl"
      onClose={onClose}
      title={recipe ? `Edit recipe “${recipeTitle(recipe.name)}”` : 'Create recipe'}
      action={recipe ? 'Save recipe' : 'Create recipe'}
      is_pending={save.isPending}
      problem={save.error && !isShown ? sentence : undefined}
      disabled={name.trim() === ''}
      onSubmit={() => save.mutate()}
    >
      {!recipe && (
        <TextInput
          label="Name"
          required
          value={name}
          error={problems.name}
          onChange={({ currentTarget: { value } }) => setName(value)}
        />
      )}
      <Textarea
        label="Description"
        autosize
        minRows={2}
        maxRows={6}
        value={description}
        error={problems.description}
        onChange={({ currentTarget: { value } }) => setDescription(value)}
      />
      <RulesEditor
        isTimed={false}
        rules={rules}
        problems={problems}
        onChange={(changes) => {
          save.reset()
          setRules((before) => ({ ...before, ...changes }))
        }}
      />
    </FormDialog>
  )
}

/** Whether a field of the form shows its problem. */
const isFieldOfForm = (field: string): boolean =>
  /^(name|description|phases\.\d+\.|failure_policy|confirm_within_minutes|max_in_flight|offers_per_minute|exclude|windows|blackouts|time_zone|ignore_quiet_hours)/.test(
    field,
  )
