import { Page } from './page.mjs';

/** `/`. */
export class OverviewPage extends Page {
  open() {
    return this.visitor.open('/');
  }

  checklist() {
    return this.page.getByRole('region', { name: 'Getting started' });
  }

  /** The steps of the checklist, each with its state: `Password done`. */
  async steps() {
    const steps = await this.checklist().getByRole('listitem').allTextContents();
    return steps.map((step) => step.replace(/(done|next|later)$/, ' $1').replace(/\s+/g, ' ').trim());
  }

  async recentPushes() {
    return (await this.page.locator('.push .push-name').allTextContents()).map((text) => text.trim());
  }
}
