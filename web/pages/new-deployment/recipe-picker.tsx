import { Group, Input, Radio, Skeleton, Text } from '@mantine/core'
import { type Recipe, useRecipes } from '../../api/recipes.ts'
import { Failure } from '../../parts/failure.tsx'
import type { RulesDraft } from '../../parts/rollout/draft.ts'
import { toDraft } from '../../parts/rollout/from-api.ts'
import { recipeTitle } from '../../parts/rollout/recipe-title.ts'
import { isSame } from '../../parts/rollout/to-api.ts'

/** The recipe that has exactly these rules. */
export function useMatchingRecipe(rules: RulesDraft): Recipe | undefined {
  const { data = [] } = useRecipes()
  return data.find((recipe) => isSame(toDraft(recipe), rules))
}

type Props = { chosen: string; match: Recipe | undefined; onChoose: (recipe: Recipe) => void }

/** Chooses the rules of the rollout by a recipe. They can be edited afterwards. */
export function RecipePicker({ chosen, match, onChoose }: Props) {
  const { data = [], error, isLoading, refetch } = useRecipes()
  if (error && data.length === 0) return <Failure error={error} onRetry={refetch} />
  if (isLoading) return <Skeleton height="9rem" aria-busy="true" />
  if (data.length === 0) return null
  const edited = match ? undefined : data.find(({ name }) => name === chosen)
  return (
    <div>
      <Radio.Group
        label="How to roll out"
        labelElement="div"
        value={match?.name ?? null}
        onChange={(name) => {
          const recipe = data.find((one) => one.name === name)
          if (recipe) onChoose(recipe)
        }}
      >
        <div className="recipes">
          {data.map(({ name, description }) => (
            <Radio.Card key={name} value={name} className="recipe" aria-label={recipeTitle(name)}>
              <Group gap="xs" wrap="nowrap">
                <Radio.Indicator size="xs" />
                <Text size="sm" fw={600} className="break-anywhere">
                  {recipeTitle(name)}
                </Text>
              </Group>
              <Text size="xs" c="dimmed" mt="2xs" className="break-anywhere" lineClamp={12} title={description}>
                {description}
              </Text>
            </Radio.Card>
          ))}
        </div>
      </Radio.Group>
      {edited && (
        <Input.Description mt="xs" size="sm">
          Edited: no longer exactly as in “{recipeTitle(edited.name)}”.
        </Input.Description>
      )}
    </div>
  )
}
