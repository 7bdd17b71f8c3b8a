import { Modal, Text, TextInput, VisuallyHidden } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { counted } from '../../../src/texts/numbers.ts'
import type { Item } from './item.ts'
import { Keys } from './keys.tsx'
import type { PageItem, Shortcut } from './shortcuts.ts'
import { useItems } from './use-items.ts'

type Props = { pages: readonly PageItem[]; shortcuts: readonly Shortcut[]; onKeys: () => void; onClose: () => void }

/** Finds anything and goes there, or does something: a combobox. Loaded when it is opened. */
export default function Palette({ pages, shortcuts, onKeys, onClose }: Props) {
  const [text, setText] = useState('')
  const { groups, isSearching } = useItems(text, { pages, shortcuts, onKeys })
  const items = groups.flatMap((group) => group.items)
  const [chosen, setChosen] = useState<string>()
  const at = Math.max(
    0,
    items.findIndex(({ id }) => id === chosen),
  )
  const [, go] = useLocation()
  const open = (item: Item | undefined) => {
    if (!item) return
    if (item.run === undefined || item.run() !== 'stay') onClose()
    if (item.href !== undefined) go(item.href)
  }
  const list = useId()
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key]
    if (event.nativeEvent.isComposing) return
    if (step !== undefined && items.length > 0) setChosen(items[(at + step + items.length) % items.length]?.id)
    else if (event.key === 'Enter') open(items[at])
    else return
    event.preventDefault()
  }
  return (
    <Modal.Root opened yOffset="12vh" padding={0} size="lg" onClose={onClose}>
      <Modal.Overlay backgroundOpacity={0.45} />
      <Modal.Content aria-label="Find or do anything">
        <TextInput
          className="palette-input"
          data-autofocus
          variant="unstyled"
          size="md"
          role="combobox"
          aria-label="Find or do anything"
          aria-expanded={items.length > 0}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={items.length > 0 ? `${list}-${at}` : undefined}
          placeholder="A device, release, deployment, group, filter, page or action"
          maxLength={200}
          autoComplete="off"
          spellCheck={false}
          leftSection={<IconSearch size={18} aria-hidden />}
          value={text}
          onChange={({ currentTarget: { value } }) => {
            setText(value)
            setChosen(undefined)
          }}
          onKeyDown={onKeyDown}
        />
        <div className="palette-list" id={list} role="listbox" aria-label="Results">
          {groups.map(({ name, items: of }) => (
            // biome-ignore lint/a11y/useSemanticElements: a listbox contains groups of options
            <div key={name} role="group" aria-label={name}>
              <div className="palette-group" aria-hidden>
                {name}
              </div>
              {of.map((item) => (
                <Option
                  key={item.id}
                  id={`${list}-${items.indexOf(item)}`}
                  item={item}
                  isChosen={item === items[at]}
                  onChoose={() => setChosen(item.id)}
                  onOpen={() => open(item)}
                />
              ))}
            </div>
          ))}
        </div>
        {items.length === 0 && !isSearching && (
          <Text className="palette-note" size="sm" c="dimmed">
            Nothing matches.
          </Text>
        )}
        <VisuallyHidden role="status">{isSearching ? 'Searching' : counted(items.length, 'result')}</VisuallyHidden>
      </Modal.Content>
    </Modal.Root>
  )
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }

type OptionProps = { id: string; item: Item; isChosen: boolean; onChoose: () => void; onOpen: () => void }

function Option({ id, item: { icon: Icon, label, detail, keys }, isChosen, onChoose, onOpen }: OptionProps) {
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (isChosen) element.current?.scrollIntoView({ block: 'nearest' })
  }, [isChosen])
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the combobox
    // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox has the keys
    <div
      ref={element}
      id={id}
      role="option"
      aria-selected={isChosen}
      className="palette-option"
      onMouseMove={onChoose}
      onMouseDown={(event) => event.preventDefault()}
      onClick={onOpen}
    >
      <Icon size={18} stroke={1.6} aria-hidden />
      <span>
        {label}
        {detail && <span className="palette-detail">{detail}</span>}
      </span>
      {keys && (
        <span aria-hidden>
          <Keys of={keys} />
        </span>
      )}
    </div>
  )
}
