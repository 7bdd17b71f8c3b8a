import './opening.css'
import { LoadingSkeleton } from './loading-skeleton.tsx'

/** The frame of the pages, before it is known who has signed in. */
export const Opening = () => (
  <div className="opening">
    <div className="opening-header" />
    <div className="opening-content">
      <LoadingSkeleton lines={8} />
    </div>
  </div>
)
