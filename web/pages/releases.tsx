import { Page } from '../parts/page.tsx'

export default function Releases() {
  return <Page title="Releases">{null}</Page>
}
