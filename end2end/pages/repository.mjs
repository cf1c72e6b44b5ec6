import { Page } from './page.mjs';

/** `/projects/{project}/{repository}`. */
export class RepositoryPage extends Page {
  open(name, query = '') {
    return this.visitor.open(`/projects/${name}${query}`);
  }

  row(tag) {
    return this.page.locator('table.table tbody tr').filter({ has: this.page.getByRole('link', { name: tag, exact: true }) });
  }

  /** The heads of the columns that are seen. */
  async columns() {
    return (await this.page.locator('table.table th:visible').allInnerTexts()).map((name) => name.trim()).filter((name) => name);
  }

  async putAway(...columns) {
    const menu = this.page.locator('details.menu').filter({ hasText: 'Columns' });
    await menu.locator('summary').click();
    for (const column of columns) {
      const kept = this.visitor.scripts && this.page.waitForResponse((response) => response.url().includes('/_fn/set_tag_columns'));
      await menu.getByRole('checkbox', { name: column }).uncheck();
      await kept;
    }
    if (!this.visitor.scripts) await this.visitor.loading(() => menu.getByRole('button', { name: 'Save' }).click());
  }

  async select(...tags) {
    for (const tag of tags) await this.page.getByRole('checkbox', { name: `Select ${tag}`, exact: true }).check();
  }

  selection() {
    return this.page.locator('.selection');
  }

  range() {
    return this.page.locator('.pager > span');
  }

  turn(name) {
    return this.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name });
  }
}
