import { Page } from './page.mjs';

/** `/projects/{project}/{repository}`. */
export class RepositoryPage extends Page {
  open(name, query = '') {
    return this.visitor.open(`/projects/${name}${query}`);
  }

  row(tag) {
    return this.page.locator('table.table tbody tr').filter({ has: this.page.getByRole('link', { name: tag, exact: true }) });
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
