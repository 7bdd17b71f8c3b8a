import { Button } from '@mantine/core'
import { Component, type ReactNode } from 'react'
import { FailureState } from './failure.tsx'

type Props = { path: string; children: ReactNode }

/** Shows an error instead of a page that fails to load or to render. A navigation to another path resets it. */
export class ErrorBoundary extends Component<Props, { hasError: boolean }> {
  override state = { hasError: false }

  static getDerivedStateFromError() {
    return { hasError: true }
  }

  override componentDidUpdate({ path }: Props) {
    if (path !== this.props.path && this.state.hasError) this.setState({ hasError: false })
  }

  override render() {
    return this.state.hasError ? <PageError /> : this.props.children
  }
}

const PageError = () => (
  <FailureState title="This page could not be loaded">
    <div>
      The server cannot be reached, or it has been updated since you opened this page. Reload the page in a moment.
    </div>
    <Button size="xs" variant="default" w="fit-content" mt="2xs" onClick={() => location.reload()}>
      Reload
    </Button>
  </FailureState>
)
