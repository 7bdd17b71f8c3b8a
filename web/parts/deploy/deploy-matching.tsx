import { Button, Modal, Stack, Text, TextInput } from '@mantine/core'
import { IconRocket } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { counted } from '../../../src/texts/numbers.ts'
import { isGroup, termText } from '../../../src/texts/terms.ts'
import { type FilterTerm, saveFilter, useFiltersChanged, useSavedFilters } from '../../api/filters.ts'
import { useMay, useSession } from '../../api/session.ts'
import { Failure } from '../failure.tsx'
import { deployToAll, deployToDevices, deployToFilter, deployToGroup, MAX_LINKED_DEVICES } from '../links.ts'
import { isSame } from '../saved-filters.tsx'

type Props = {
  terms: FilterTerm[]
  /** The text that is searched for, which no filter can express. */
  text: string
  /** The devices of the page, and how many there are in all. */
  page: string[]
  total: number
  label?: string
}

/** Opens the form for a new deployment to the devices that a list shows: all, a group, a saved filter, or a new one. */
export function DeployMatching({ terms, text, page, total, label = 'Deploy to these' }: Props) {
  const may = useMay()
  const { features } = useSession()
  const { data: filters = [] } = useSavedFilters({ enabled: features.saved_filters === true })
  const [isNaming, setNaming] = useState(false)
  const icon = <IconRocket size={16} aria-hidden />
  if (!may('deployments') || total === 0) return null
  const saved = filters.find((filter) => isSame(filter.terms, terms))
  const href = linkTo({ terms, text, page, total, saved: saved?.id })
  if (href !== undefined)
    return (
      <Button component={Link} href={href} variant="default" leftSection={icon}>
        {label}
      </Button>
    )
  if (text !== '' || !features.dynamic_deployments || !features.saved_filters || !may('filters')) return null
  return (
    <>
      <Button variant="default" leftSection={icon} onClick={() => setNaming(true)}>
        {label}
      </Button>
      {isNaming && <NameFilter {...{ terms, total }} onClose={() => setNaming(false)} />}
    </>
  )
}

/** Undefined: the target has to be saved as a filter first. */
function linkTo({ terms, text, page, total, saved }: Omit<Props, 'label'> & { saved: string | undefined }) {
  const [only, ...others] = terms
  if (text === '') {
    if (!only) return deployToAll()
    if (others.length === 0 && !isGroup(only)) {
      const { scope, attribute, type, value } = only
      if (scope === 'system' && attribute === 'group' && type === '$eq') return deployToGroup(String(value))
    }
    if (saved !== undefined) return deployToFilter(saved)
  }
  return total === page.length && total <= MAX_LINKED_DEVICES && text !== '' ? deployToDevices(page) : undefined
}

type NamingProps = { terms: FilterTerm[]; total: number; onClose: () => void }

/** Saves the conditions of the list as a filter, which a deployment needs. */
function NameFilter({ terms, total, onClose }: NamingProps) {
  const conditions = terms.map(termText).join(' and ')
  const [name, setName] = useState(conditions.slice(0, 100))
  const noteFilters = useFiltersChanged()
  const [, go] = useLocation()
  const saving = useMutation({
    mutationFn: () => saveFilter(name, terms),
    onSuccess: async (id) => {
      await noteFilters()
      go(deployToFilter(id))
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    saving.mutate()
  }
  return (
    <Modal opened onClose={onClose} title="Deploy to a filter">
      <Stack component="form" onSubmit={submit as never}>
        <Text size="sm">
          The deployment is for the devices that match now or later, {counted(total, 'device')} now: {conditions}. It
          uses a saved filter: give it a name.
        </Text>
        <TextInput
          label="Filter name"
          required
          data-autofocus
          value={name}
          onChange={({ currentTarget: { value } }) => setName(value)}
        />
        {saving.error && <Failure error={saving.error} />}
        <Button
          type="submit"
          loading={saving.isPending}
          disabled={name.trim() === ''}
          style={{ alignSelf: 'flex-end' }}
        >
          Save and continue
        </Button>
      </Stack>
    </Modal>
  )
}
