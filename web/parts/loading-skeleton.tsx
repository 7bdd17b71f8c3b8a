import './state.css'
import { Skeleton } from '@mantine/core'

/** The widths of what is in a row, which differ as those of names do. */
const WIDTHS = ['11rem', '8rem', '13rem', '9rem']

/** Placeholder rows, about as tall as the content. */
export const LoadingSkeleton = ({ lines }: { lines: number }) => (
  <div className="skeleton" aria-busy="true" aria-label="Loading" role="status">
    {Array.from({ length: lines }, (_, line) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: all lines are alike
      <div key={line}>
        <Skeleton height="0.75rem" width={WIDTHS[line % WIDTHS.length]} />
        <Skeleton height="0.75rem" width="7rem" />
        <Skeleton height="0.75rem" width="4rem" ml="auto" />
      </div>
    ))}
  </div>
)
