import { Badge, Button, Group, Text } from '@mantine/core'
import { IconChecklist, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { counted } from '../../../src/texts/numbers.ts'
import {
  deleteRecipe,
  RECIPES_EXPORT,
  type Recipe,
  useHasRules,
  useRecipes,
  useRecipesChanged,
} from '../../api/recipes.ts'
import { useMay } from '../../api/session.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ExportCsv } from '../../parts/export-csv.tsx'
import { ListRow, RowAction, RowLine } from '../../parts/list-row.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { recipeTitle } from '../../parts/rollout/recipe-title.ts'
import { Section } from '../../parts/section.tsx'
import { RecipeForm } from './recipe-form.tsx'
import { useRecipeSentences } from './recipe-sentences.ts'

export const Recipes = () => (useHasRules() ? <RecipeList /> : <NotInPlan />)

const NotInPlan = () => (
  <Empty icon={IconChecklist} title="Recipes are part of the Enterprise plan">
    In your plan, every deployment starts on all devices at once. To change the plan, run muster tenant set-plan on the
    server.
  </Empty>
)

type OpenDialog = { kind: 'create' } | { kind: 'edit' | 'delete'; recipe: Recipe }

function RecipeList() {
  const recipes = useRecipes()
  const [dialog, setDialog] = useState<OpenDialog>()
  // Only users who may deploy to all groups may also save filters.
  const may_change = useMay()('filters')
  const close = () => setDialog(undefined)
  return (
    <Section
      title="Recipes"
      about="A recipe is a named set of rules for deployments: phases, gates, failure policy and limits. A new deployment starts from one of them. Existing deployments do not change."
      actions={
        <Group gap="xs">
          <ExportCsv path={RECIPES_EXPORT} />
          {may_change && (
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setDialog({ kind: 'create' })}>
              Create recipe
            </Button>
          )}
        </Group>
      }
    >
      <Loaded query={recipes}>
        {(all) => (
          <ul className="rows two-columns">
            {all.map((recipe) => (
              <Row
                key={recipe.name}
                recipe={recipe}
                onAction={may_change ? (kind) => setDialog({ kind, recipe }) : undefined}
              />
            ))}
          </ul>
        )}
      </Loaded>
      {dialog?.kind === 'create' && <RecipeForm onClose={close} />}
      {dialog?.kind === 'edit' && <RecipeForm recipe={dialog.recipe} onClose={close} />}
      {dialog?.kind === 'delete' && <Delete recipe={dialog.recipe} onClose={close} />}
    </Section>
  )
}

function Delete({ recipe: { name, predefined }, onClose }: { recipe: Recipe; onClose: () => void }) {
  const onChanged = useRecipesChanged()
  return (
    <Confirm
      title={predefined ? `Reset recipe “${recipeTitle(name)}”?` : `Delete recipe “${recipeTitle(name)}”?`}
      action={predefined ? 'Reset to default' : 'Delete recipe'}
      onConfirm={() => deleteRecipe(name).then(onChanged)}
      onClose={onClose}
    >
      <Text size="sm">
        {predefined
          ? 'The recipe gets its original rules and description again; your changes to it are lost.'
          : 'New deployments cannot use it any more.'}{' '}
        Existing deployments do not change.
      </Text>
    </Confirm>
  )
}

type RowProps = { recipe: Recipe; onAction: ((kind: 'edit' | 'delete') => void) | undefined }

function Row({ recipe, onAction }: RowProps) {
  const { name, description, predefined } = recipe
  const sentences = useRecipeSentences(recipe)
  return (
    <ListRow
      title={recipeTitle(name)}
      chips={
        predefined && (
          <Badge variant="light" color="gray" tt="none">
            Predefined
          </Badge>
        )
      }
      actions={
        onAction && (
          <>
            <RowAction label={`Edit ${name}`} onClick={() => onAction('edit')}>
              Edit
            </RowAction>
            <RowAction
              label={predefined ? `Reset ${name} to its default` : `Delete ${name}`}
              isDanger
              {...(predefined ? { color: 'gray' } : {})}
              onClick={() => onAction('delete')}
            >
              {predefined ? 'Reset' : 'Delete'}
            </RowAction>
          </>
        )
      }
    >
      {description && <RowLine>{description}</RowLine>}
      {sentences.length > 0 && (
        <details className="expandable recipe-rules">
          <summary>{counted(sentences.length, 'rule')}</summary>
          <ul>
            {sentences.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </details>
      )}
    </ListRow>
  )
}
