import { Page } from '../parts/page.tsx'

export default function Deployments() {
  return <Page title="Deployments">{null}</Page>
}
