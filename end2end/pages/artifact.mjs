import { Page } from './page.mjs';

/** `/projects/{project}/{repository}:{tag}` and `…@{digest}`. */
export class ArtifactPage extends Page {
  open(repository, reference, query = '') {
    return this.visitor.open(`/projects/${repository}${reference.includes(':') ? '@' : ':'}${reference}${query}`);
  }

  steps() {
    return this.page.locator('.layers .layer-command').allTextContents();
  }

  /** What the configuration says under a name. */
  async configured(name) {
    return (await this.page.locator('aside dl.pairs dt', { hasText: new RegExp(`^${name}$`) }).locator('xpath=following-sibling::dd[1]').textContent()).trim();
  }

  platforms() {
    return this.page.getByRole('navigation', { name: 'Platforms of this index' }).getByRole('link');
  }

  referrers() {
    return this.page.locator('.referrer .referrer-kind').allTextContents();
  }

  rawManifest() {
    return this.page.locator('#raw-manifest pre').textContent();
  }

  /** Chooses a client in the box that shows how to pull. On a phone the clients are behind a menu. */
  async chooseClient(name) {
    const menu = this.page.locator('.command details.menu').first();
    if (await menu.isVisible()) {
      await menu.locator('summary').click();
      await menu.getByRole('link', { name, exact: true }).click();
    } else {
      await this.page.locator('.command').getByRole('link', { name, exact: true }).locator('visible=true').click();
    }
  }
}
