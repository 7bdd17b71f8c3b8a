import { Page } from '../parts/page.tsx'

export default function NewDeployment() {
  return <Page title="New deployment">{null}</Page>
}
