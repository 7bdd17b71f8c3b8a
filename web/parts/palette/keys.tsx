import { Kbd } from '@mantine/core'
import { Fragment } from 'react'

/** Opens the palette, also in text fields. */
export const COMMAND_KEY = navigator.platform.startsWith('Mac') ? '⌘ K' : 'Ctrl K'

/** Keys that are pressed one after the other. */
export const Keys = ({ of }: { of: readonly string[] }) => (
  <>
    {of.map((key, i) => (
      <Fragment key={key}>
        {i > 0 && ' '}
        <Kbd size="xs">{key}</Kbd>
      </Fragment>
    ))}
  </>
)
